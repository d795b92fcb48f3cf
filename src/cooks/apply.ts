import { lockCommand, recordApplied, type StagedCommand } from '../commands/store.js';
import type { Database, Tenant } from '../db/database.js';
import { Refusal } from '../kernel/refusals.js';
import type { CookState } from './rules.js';
import { findCook, lockCook, type Cook } from './store.js';

/** What a workflow knows of a command: ids only. The payload waits in Postgres. */
export interface CookCommandRef {
  readonly commandId: string;
  readonly orgId: string;
  readonly cookId: string;
}
/** What a workflow needs to know of a recipe to keep its obligations: numbers and the name of a queue. */
export interface CookTerms {
  readonly queue: string;
  readonly priorityKey: number;
  readonly leaseSeconds: number;
  readonly queueSeconds: number;
  readonly attemptSeconds: number;
  readonly retrySeconds: number;
}
/** What a workflow keeps of a cook: a cache of the row. */
export interface CookSnapshot {
  readonly cookId: string;
  readonly state: CookState;
  readonly cancelRequested: boolean;
}

export const snapshotOf = ({ id, state, cancelRequestedAt }: Cook): CookSnapshot => ({
  cookId: id,
  state,
  cancelRequested: cancelRequestedAt !== null,
});

/** What a command did, and what its caller is told. */
export interface CookEffect {
  readonly cook: Cook;
  readonly status: number;
  readonly result: unknown;
  readonly action?: string;
}

/**
 * Applies one command as one transaction: the effect, the audit log and the stored answer commit together. Safe to
 * repeat at any point: a delivery that finds the command applied changes nothing.
 */
export async function applyCookCommand(
  database: Database,
  ref: CookCommandRef,
  effect: (tenant: Tenant, command: StagedCommand) => Promise<CookEffect>,
): Promise<CookSnapshot> {
  return database.tenant(ref.orgId, async (tenant) => {
    const locked = await lockCommand(tenant, ref.commandId);
    if (!locked) throw new Refusal('not_found', 'This command was never staged.');
    if (locked.isApplied) return snapshotOf(await requireCook(tenant, ref.cookId));
    const { cook, status, result, action } = await effect(tenant, locked.command);
    const told = action === undefined ? undefined : { action, target: cook.id, runId: cook.runId };
    await recordApplied(tenant, locked.command, { status, result }, told);
    return snapshotOf(cook);
  });
}

/** The cook, locked. */
export async function requireCook(tenant: Tenant, cookId: string): Promise<Cook> {
  const cook = await lockCook(tenant, cookId);
  if (!cook) throw new Refusal('not_found', 'No such cook.');
  return cook;
}

/** Reads a cook for its workflow, which starts with it. */
export async function readCookSnapshot(
  database: Database,
  { orgId, cookId }: Pick<CookCommandRef, 'orgId' | 'cookId'>,
): Promise<CookSnapshot | null> {
  const cook = await database.tenant(orgId, (tenant) => findCook(tenant, cookId));
  return cook ? snapshotOf(cook) : null;
}
