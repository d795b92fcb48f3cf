import type { z } from 'zod';
import type { Role } from '../auth/actor.js';
import type { Tenant } from '../db/database.js';
import { newId } from '../db/new-id.js';
import { Refusal } from '../kernel/refusals.js';
import { AppliedCommandRow, AuditEventRow, CommandRow } from './model.js';

/** Who gave a command, as it was when the command was given. */
export interface CommandActor {
  readonly kind: 'person' | 'system';
  readonly id: string;
  readonly role: Role | 'system';
  readonly approver: boolean;
  readonly authTime: string;
  readonly requestId: string;
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
  // Losing a staged command with a crashing server loses nothing: its caller has no answer yet and sends it again.
  await tenant.trx.raw('set local synchronous_commit = off');
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

/** Locks a staged command for the transaction that applies it; a parallel delivery waits here, then finds it applied. */
export async function lockCommand(tenant: Tenant, commandId: string): Promise<StagedCommand | undefined> {
  return CommandRow.query(tenant.trx).findOne({ commandId, orgId: tenant.orgId }).forUpdate();
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

/** Stores the answer in the transaction of its effect, and lets the payload go: it now lives in its own table. */
export async function recordApplied(
  tenant: Tenant,
  command: StagedCommand,
  status: number,
  result: unknown,
): Promise<void> {
  const { commandId, requestHash } = command;
  await tenant.trx.raw(
    `with let_go as (update commands set payload = null where command_id = :commandId)
     insert into applied_commands (command_id, org_id, request_hash, status, result)
     values (:commandId, :orgId, :requestHash, :status, :result)`,
    { commandId, orgId: tenant.orgId, requestHash, status, result: JSON.stringify(result) },
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

export interface AuditEvent {
  readonly actor: CommandActor;
  readonly action: string;
  readonly target: string;
  readonly runId?: string;
  readonly beforeDigest?: string | null;
  readonly afterDigest?: string | null;
}

/** Appends to the organization's audit log, in the transaction of the write it tells of. */
export async function recordEvent(tenant: Tenant, event: AuditEvent): Promise<void> {
  const { actor, action, target, runId = null, beforeDigest = null, afterDigest = null } = event;
  await AuditEventRow.query(tenant.trx).insert({
    id: newId('event'),
    orgId: tenant.orgId,
    actor: { kind: actor.kind, id: actor.id },
    action,
    target,
    runId,
    beforeDigest,
    afterDigest,
    requestId: actor.requestId,
  });
}

export interface TimelineItem {
  readonly at: Date;
  readonly actor: { readonly kind: string; readonly id: string };
  readonly action: string;
  readonly target: string;
}

/** What happened to a run, oldest first. */
export async function listRunEvents(tenant: Tenant, runId: string): Promise<readonly TimelineItem[]> {
  return AuditEventRow.query(tenant.trx).where({ orgId: tenant.orgId, runId }).orderBy(['at', 'id']).limit(1000);
}
