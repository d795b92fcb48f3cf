import type { z } from 'zod';
import type { AuditEvent } from '../audit-log/store.js';
import type { Database, Tenant } from '../db/database.js';
import { Refusal } from '../kernel/refusals.js';
import { lockCommand, recordApplied, type AppliedCommand, type CommandActor } from './store.js';

/** Commands that the workflow commitCommand carries, one activity each, of the same name. */
export type CommittedCommand = 'issueGrant' | 'pinModel';
/** What a workflow knows of a command: ids only. The payload waits in Postgres. */
export interface CommandRef {
  readonly commandId: string;
  readonly orgId: string;
}
interface Step<P> {
  readonly tenant: Tenant;
  readonly actor: CommandActor;
  readonly payload: P;
  /** The id that the object of the command has, drawn at its first staging. */
  readonly subjectId: string;
  readonly now: Date;
}
interface Effect extends AppliedCommand {
  readonly event?: Omit<AuditEvent, 'actor'>;
}

/**
 * Applies one command as one transaction: effect, audit log and stored answer commit together. Safe to repeat at any
 * point: the command's row is locked, and a delivery that finds it applied changes nothing.
 */
export async function applyCommand<S extends z.ZodType>(
  database: Database,
  { orgId, commandId }: CommandRef,
  schema: S,
  effect: (step: Step<z.output<S>>) => Promise<Effect>,
): Promise<void> {
  await database.tenant(orgId, async (tenant) => {
    const locked = await lockCommand(tenant, commandId);
    if (!locked) throw new Refusal('not_found', 'This command was never staged.');
    if (locked.isApplied) return;
    const { actor, payload, subjectId } = locked.command;
    const done = await effect({ tenant, actor, payload: schema.parse(payload), subjectId, now: new Date() });
    await recordApplied(tenant, locked.command, done, done.event);
  });
}
