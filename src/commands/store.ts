import { z } from 'zod';
import { eventColumns, eventFields, type AuditEvent } from '../audit-log/store.js';
import type { Role } from '../auth/actor.js';
import type { Database, Tenant } from '../db/database.js';
import { Refusal } from '../kernel/refusals.js';
import { AppliedCommandRow, CommandRow } from './model.js';

/** Who gave a command, as it was when the command was given. */
export interface CommandActor {
  readonly kind: 'person' | 'key' | 'system';
  /** The person; for a key, the one who made it. */
  readonly id: string;
  readonly keyId?: string;
  readonly role: Role | 'system';
  readonly approver: boolean;
  readonly authTime: string;
  readonly requestId: string;
  readonly network?: string;
}
export interface StagedCommand {
  readonly commandId: string;
  readonly kind: string;
  /** The object the command is about; for a creation, the id the object will have. */
  readonly subjectId: string;
  readonly requestHash: string;
  readonly actor: CommandActor;
  readonly payload: unknown;
}
export interface AppliedCommand {
  readonly status: number;
  readonly result: unknown;
}

/**
 * Keeps a command's payload in Postgres before the workflow hears of it, so that only ids travel through Temporal.
 * Safe to repeat: the first staging wins and its subject id is handed back; another body under the same key refuses.
 */
export async function stageCommand(
  tenant: Tenant,
  command: StagedCommand,
): Promise<{ subjectId: string; applied: AppliedCommand | undefined }> {
  const { actor, payload, ...fields } = command;
  const inserted: unknown[] = await tenant
    .trx('commands')
    .insert({ orgId: tenant.orgId, ...fields, actor: JSON.stringify(actor), payload: JSON.stringify(payload) })
    .onConflict('command_id')
    .ignore()
    .returning('command_id');
  if (inserted.length > 0) return { subjectId: command.subjectId, applied: undefined };
  const staged = await CommandRow.query(tenant.trx)
    .findOne({ commandId: command.commandId, orgId: tenant.orgId })
    .throwIfNotFound();
  if (staged.requestHash !== command.requestHash) throw mismatch();
  return { subjectId: staged.subjectId, applied: await findApplied(tenant, command.commandId) };
}

/**
 * Locks a staged command for the transaction that applies it; a parallel delivery waits here, then finds it applied.
 * A payload that is still there says it is not, so that only commands without one cost a second look.
 */
export async function lockCommand(
  tenant: Tenant,
  commandId: string,
): Promise<{ readonly command: StagedCommand; readonly isApplied: boolean } | undefined> {
  const command = await CommandRow.query(tenant.trx).findOne({ commandId, orgId: tenant.orgId }).forUpdate();
  if (!command) return undefined;
  const isApplied = command.payload === null && (await findApplied(tenant, commandId)) !== undefined;
  return { command, isApplied };
}

export async function findCommand(
  tenant: Tenant,
  commandId: string,
): Promise<{ readonly kind: string; readonly subjectId: string } | undefined> {
  return CommandRow.query(tenant.trx).findOne({ commandId, orgId: tenant.orgId });
}

export async function findApplied(tenant: Tenant, commandId: string): Promise<AppliedCommand | undefined> {
  return AppliedCommandRow.query(tenant.trx).findOne({ commandId, orgId: tenant.orgId });
}

const answerSchema = z.object({ rows: z.array(z.object({ status: z.int(), result: z.unknown() })) });

/** The same outside a transaction of the caller's, in one statement. */
export async function readApplied(
  { knex }: Database,
  orgId: string,
  commandId: string,
): Promise<AppliedCommand | undefined> {
  return answerSchema.parse(await knex.raw('select * from applied_command(?, ?)', [orgId, commandId])).rows[0];
}

const EVENT_COLUMNS = Object.values(eventColumns).join(', ');
const EVENT_FIELDS = Object.keys(eventColumns)
  .map((name) => `:${name}`)
  .join(', ');

/**
 * Stores the answer and the log entry in the transaction of their effect, in one statement, and lets the payload go:
 * it now lives in its own table.
 */
export async function recordApplied(
  tenant: Tenant,
  command: StagedCommand,
  answer: AppliedCommand,
  event?: Omit<AuditEvent, 'actor'>,
): Promise<void> {
  const { commandId, requestHash, actor } = command;
  const told = event ? `, told as (insert into audit_events (${EVENT_COLUMNS}) values (${EVENT_FIELDS}))` : '';
  await tenant.trx.raw(
    `with let_go as (update commands set payload = null where command_id = :commandId)${told}
     insert into applied_commands (command_id, org_id, request_hash, status, result)
     values (:commandId, :orgId, :requestHash, :status, :result)`,
    {
      ...(event ? eventFields(tenant, { ...event, actor }) : {}),
      commandId,
      orgId: tenant.orgId,
      requestHash,
      status: answer.status,
      result: JSON.stringify(answer.result),
    },
  );
}

/**
 * Runs a plain creation at most once per key, for rows that need no workflow: the stored answer is the answer.
 * The advisory lock makes the second of two parallel requests wait for the first.
 */
export async function once<S extends z.ZodType>(
  tenant: Tenant,
  command: { commandId: string; requestHash: string },
  schema: S,
  work: () => Promise<z.input<S>>,
): Promise<{ result: z.output<S>; replayed: boolean }> {
  await tenant.trx.raw(`select pg_advisory_xact_lock(hashtextextended(?, 0))`, [command.commandId]);
  const row = await AppliedCommandRow.query(tenant.trx).findOne({ commandId: command.commandId, orgId: tenant.orgId });
  if (row) {
    if (row.requestHash !== command.requestHash) throw mismatch();
    return { result: schema.parse(row.result), replayed: true };
  }
  const result = schema.parse(await work());
  await AppliedCommandRow.query(tenant.trx).insert({ orgId: tenant.orgId, ...command, status: 201, result });
  return { result, replayed: false };
}

const mismatch = (): Refusal =>
  new Refusal('idempotency_mismatch', 'This Idempotency-Key was used for another request.');
