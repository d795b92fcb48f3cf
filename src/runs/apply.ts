import type { z } from 'zod';
import { lockCommand, recordApplied, type CommandActor, type StagedCommand } from '../commands/store.js';
import type { Database, Tenant } from '../db/database.js';
import { Refusal } from '../kernel/refusals.js';
import { leadsTo, mayHappen, nextDeadline, whyNot, type Deadline, type RunEvent, type RunState } from './rules.js';
import { findRun, lockRun, moveRun, type Run, type RunPatch } from './store.js';

/** What a workflow knows of a command: ids only. The payload waits in Postgres. */
export interface RunCommandRef {
  readonly commandId: string;
  readonly orgId: string;
  readonly runId: string;
}
/** What a workflow keeps of a run: a cache of the row, refreshed by every activity. Times in Unix ms. */
export interface RunSnapshot {
  readonly runId: string;
  readonly state: RunState;
  readonly version: number;
  readonly now: number;
  readonly deadline: Deadline | null;
}
/** One command inside its transaction: the run is locked, the payload checked. */
export interface RunStep<P> {
  readonly tenant: Tenant;
  readonly run: Run;
  readonly command: StagedCommand;
  readonly actor: CommandActor;
  readonly payload: P;
  readonly now: Date;
}
/** What a command did: where the run goes, and what its caller is told. */
export interface RunEffect {
  readonly state: RunState;
  readonly patch?: RunPatch;
  readonly status: number;
  readonly result: unknown;
  /** Entry of the audit log; left out when nothing changed. */
  readonly event?: { readonly action: string; readonly target: string; readonly afterDigest?: string };
}

export function snapshotOf(run: Run, now: Date): RunSnapshot {
  const { id, state, version, reminders } = run;
  return {
    runId: id,
    state,
    version,
    now: now.getTime(),
    deadline: nextDeadline(state, run.updatedAt.getTime(), reminders, run.waiverUntil?.getTime() ?? null),
  };
}

/**
 * Applies one command as one transaction: the effect, the run's move, the audit log and the stored answer commit
 * together. Safe to repeat at any point: a delivery that finds the command applied changes nothing.
 */
export async function applyRunCommand<S extends z.ZodType>(
  database: Database,
  ref: RunCommandRef,
  event: RunEvent,
  schema: S,
  effect: (step: RunStep<z.output<S>>) => Promise<RunEffect>,
): Promise<RunSnapshot> {
  return database.tenant(ref.orgId, async (tenant) => {
    const now = new Date();
    const { command, isApplied } = await requireCommand(tenant, ref);
    const run = await requireRun(tenant, ref);
    if (isApplied) return snapshotOf(run, now);
    requireTransition(run, event);
    const done = await effect({
      tenant,
      run,
      command,
      actor: command.actor,
      payload: schema.parse(command.payload),
      now,
    });
    return snapshotOf(await settle(tenant, { run, command, event, done }), now);
  });
}

/** Moves the run, writes the log and stores the answer of an effect. */
export async function settle(
  tenant: Tenant,
  step: { run: Run; command: StagedCommand; event: RunEvent; done: RunEffect },
): Promise<Run> {
  const { run, command, event, done } = step;
  const moved = done.event ? await move(tenant, run, event, done) : run;
  const told = done.event && { runId: run.id, beforeDigest: `v${String(run.version)}`, ...done.event };
  await recordApplied(tenant, command, done, told);
  return moved;
}

async function move(tenant: Tenant, run: Run, event: RunEvent, { state, patch = {} }: RunEffect): Promise<Run> {
  if (!leadsTo(event, run.state, state))
    throw new Error(`applyRunCommand: ${event} may not lead from ${run.state} to ${state}`);
  return moveRun(tenant, run, state, patch);
}

export async function requireCommand(
  tenant: Tenant,
  { commandId }: RunCommandRef,
): Promise<{ readonly command: StagedCommand; readonly isApplied: boolean }> {
  const locked = await lockCommand(tenant, commandId);
  if (!locked) throw new Refusal('not_found', 'This command was never staged.');
  return locked;
}

export async function requireRun(tenant: Tenant, { runId }: RunCommandRef): Promise<Run> {
  const run = await lockRun(tenant, runId);
  if (!run) throw new Refusal('not_found', 'No such run.');
  return run;
}

/** The same table that the workflow's validator asks, now against the locked row. */
export function requireTransition(run: Pick<Run, 'state'>, event: RunEvent): void {
  const verdict = mayHappen(run.state, event);
  if (!verdict.ok)
    throw new Refusal(verdict.because, whyNot(event, run.state), {
      current_state: verdict.current,
      allowed: verdict.allowed,
    });
}

/** Reads a run for its workflow, which starts with it. */
export async function readSnapshot(
  database: Database,
  { orgId, runId }: Omit<RunCommandRef, 'commandId'>,
): Promise<RunSnapshot | null> {
  const run = await database.tenant(orgId, (tenant) => findRun(tenant, runId));
  return run ? snapshotOf(run, new Date()) : null;
}
