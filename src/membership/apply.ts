import type { z } from 'zod';
import { lockCommand, recordApplied, type CommandActor, type StagedCommand } from '../commands/store.js';
import type { Database, Tenant } from '../db/database.js';
import { Refusal } from '../kernel/refusals.js';
import type { MembershipEvent } from './rules.js';
import { requireTransition, settle, snapshotOf, type MembershipSnapshot } from './settle.js';
import {
  ensureMembership,
  findMembership,
  lockMembership,
  type MembershipPatch,
  type PaidMembership,
} from './store.js';

export interface MembershipRef {
  readonly orgId: string;
}
/** What a workflow knows of a command: ids only. The payload waits in Postgres. */
export interface MembershipCommandRef extends MembershipRef {
  readonly commandId: string;
}
/** One command inside its transaction: the membership is locked, the payload checked, the transition possible. */
export interface MembershipStep<P> {
  readonly tenant: Tenant;
  readonly membership: PaidMembership;
  readonly command: StagedCommand;
  readonly actor: CommandActor;
  readonly payload: P;
  readonly now: Date;
}
export interface MembershipEffect {
  readonly patch: MembershipPatch;
  readonly status: number;
  /** What the caller is told, of the membership as it was settled. */
  readonly result: (settled: PaidMembership) => unknown;
}

/**
 * Applies one command as one transaction: effect, standing, history, mails, audit log and the stored answer commit
 * together. Safe to repeat at any point: a delivery that finds the command applied changes nothing.
 */
export async function applyMembershipCommand<S extends z.ZodType>(
  database: Database,
  ref: MembershipCommandRef,
  event: MembershipEvent,
  schema: S,
  effect: (step: MembershipStep<z.output<S>>) => Promise<MembershipEffect>,
): Promise<MembershipSnapshot> {
  return database.tenant(ref.orgId, async (tenant) => {
    const now = new Date();
    const { command, isApplied } = await requireCommand(tenant, ref);
    const makes = event === 'apply' || event === 'comp';
    const membership = makes ? await ensureMembership(tenant) : await lockMembership(tenant);
    if (!membership) throw new Refusal('not_found', 'This organization has no membership.');
    if (isApplied) return snapshotOf(tenant, membership, now);
    requireTransition(membership, event);
    const { actor } = command;
    const payload = schema.parse(command.payload);
    const { patch, status, result } = await effect({ tenant, membership, command, actor, payload, now });
    const settled = await settle(tenant, membership, { event, patch, now });
    const told = { action: `membership.${event}`, target: membership.id, afterDigest: settled.state };
    await recordApplied(tenant, command, { status, result: result(settled) }, told);
    return snapshotOf(tenant, settled, now);
  });
}

export async function requireCommand(
  tenant: Tenant,
  { commandId }: MembershipCommandRef,
): Promise<{ readonly command: StagedCommand; readonly isApplied: boolean }> {
  const locked = await lockCommand(tenant, commandId);
  if (!locked) throw new Refusal('not_found', 'This command was never staged.');
  return locked;
}

/** Reads a membership for its workflow, which starts with it; null when there is none. */
export async function readSnapshot(database: Database, { orgId }: MembershipRef): Promise<MembershipSnapshot | null> {
  return database.tenant(orgId, async (tenant) => {
    const membership = await findMembership(tenant);
    return membership ? snapshotOf(tenant, membership, new Date()) : null;
  });
}
