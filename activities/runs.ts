import { createHash } from 'node:crypto';
import { findProfile, findSnapshot } from '../src/agent-profiles/store.js';
import { recordEvent } from '../src/audit-log/store.js';
import { recordApplied } from '../src/commands/store.js';
import { voidApprovals } from '../src/approvals/store.js';
import { staleAudits } from '../src/checks/store.js';
import type { Database } from '../src/db/database.js';
import { requireActiveSheet } from '../src/flight-sheets/require.js';
import { Refusal } from '../src/kernel/refusals.js';
import { enqueueMail } from '../src/mail/store.js';
import { listMembers } from '../src/orgs/store.js';
import { countUsage } from '../src/usage/store.js';
import { findProject } from '../src/projects/store.js';
import {
  applyRunCommand,
  readSnapshot,
  requireCommand,
  snapshotOf,
  type RunCommandRef,
  type RunSnapshot,
} from '../src/runs/apply.js';
import { mergeFourEyes } from '../src/runs/four-eyes.js';
import { isTerminal, nextDeadline, type Deadline } from '../src/runs/rules.js';
import { openRunPayload } from '../src/runs/schema.js';
import { countReminder, insertRun, lockRun, moveRun, type Run } from '../src/runs/store.js';
import { showRunSummary } from '../src/runs/view.js';
import { endWaivers } from './checks/waive.js';
import type { Tenant } from '../src/db/database.js';
import { z } from 'zod';

export interface RunRef {
  readonly orgId: string;
  readonly runId: string;
}
export interface RunActivities {
  openRun(ref: RunCommandRef): Promise<RunSnapshot>;
  cancel(ref: RunCommandRef): Promise<RunSnapshot>;
  readRun(ref: RunRef): Promise<RunSnapshot | null>;
  actOnDeadline(ref: RunRef): Promise<RunSnapshot>;
}

export function createRunActivities({ database }: { readonly database: Database }): RunActivities {
  return {
    /** Safe to retry: the run's id was drawn with the command, and the stored answer ends a second delivery. */
    openRun: (ref) =>
      database.tenant(ref.orgId, async (tenant) => {
        const { command, isApplied } = await requireCommand(tenant, ref);
        if (isApplied) return snapshotOf(await requireLocked(tenant, ref.runId), new Date());
        const payload = openRunPayload.parse(command.payload);
        if (!(await findProject(tenant, payload.project_id))) throw new Refusal('not_found', 'No such project.');
        const { slug, version } = payload.flight_sheet;
        const { sheet, digest } = await requireActiveSheet(tenant, slug, version);
        const agent = await snapshotNamed(tenant, payload.agent_profile);
        const run = await insertRun(tenant, {
          id: ref.runId,
          projectId: payload.project_id,
          title: payload.title,
          lane: sheet.lane,
          flightSheetSlug: sheet.slug,
          flightSheetVersion: sheet.version,
          flightSheetDigest: digest,
          flightSheet: sheet,
          assignment: payload.assignment ?? null,
          assignmentSha256:
            payload.assignment === undefined ? null : createHash('sha256').update(payload.assignment).digest('hex'),
          inputs: payload.inputs,
          fourEyes: mergeFourEyes(sheet.four_eyes, payload.four_eyes),
          labels: payload.labels,
          clientRef: payload.client_ref ?? null,
          ...agent,
          state: 'draft',
          createdBy: command.actor.id,
        });
        await countUsage(tenant, 'runs');
        const answer = { status: 201, result: showRunSummary(run) };
        await recordApplied(tenant, command, answer, { action: 'run.opened', target: run.id, runId: run.id });
        return snapshotOf(run, new Date());
      }),

    /** Safe to retry: see applyRunCommand. */
    cancel: (ref) =>
      applyRunCommand(database, ref, 'cancel', z.unknown(), ({ run }) => {
        const result = { ...showRunSummary(run), state: 'cancelled' };
        if (run.state === 'cancelled') return Promise.resolve({ state: run.state, status: 200, result });
        return Promise.resolve({
          state: 'cancelled',
          status: 200,
          result,
          event: { action: 'run.cancelled', target: run.id },
        });
      }),

    readRun: (ref) => readSnapshot(database, ref),

    /** Safe to retry: what is due is computed from the locked row, and mails are deduplicated by version. */
    actOnDeadline: (ref) =>
      database.tenant(ref.orgId, async (tenant) => {
        const run = await requireLocked(tenant, ref.runId);
        const now = new Date();
        const due = nextDeadline(run.state, run.updatedAt.getTime(), run.reminders, run.waiverUntil?.getTime() ?? null);
        if (isTerminal(run.state) || !due || due.at > now.getTime()) return snapshotOf(run, now);
        return snapshotOf(await act(tenant, run, due.kind, now), now);
      }),
  };
}

/** The agent a run names, and the snapshot of it that holds for the run from now on. */
async function snapshotNamed(
  tenant: Tenant,
  named: { readonly id: string; readonly digest?: string | undefined } | undefined,
): Promise<Pick<Run, 'agentProfileId' | 'agentSnapshotDigest'>> {
  if (!named) return { agentProfileId: null, agentSnapshotDigest: null };
  const profile = await findProfile(tenant, named.id);
  if (!profile) throw new Refusal('not_found', 'No such agent profile.');
  const digest = named.digest ?? profile.snapshotDigest;
  if (!(await findSnapshot(tenant, profile.id, digest)))
    throw new Refusal('not_found', 'No such snapshot of the agent.');
  return { agentProfileId: profile.id, agentSnapshotDigest: digest };
}

async function requireLocked(tenant: Tenant, runId: string): Promise<Run> {
  const run = await lockRun(tenant, runId);
  if (!run) throw new Refusal('not_found', 'No such run.');
  return run;
}

async function remind(tenant: Tenant, run: Run): Promise<Run> {
  const members = await listMembers(tenant);
  const reviewers = members.filter(({ approver, role }) => approver && role !== 'viewer');
  for (const { userId, email } of reviewers) {
    const dedupeKey = `remind:${run.id}:${String(run.version)}:${String(run.reminders)}:${userId}`;
    await enqueueMail(tenant, {
      dedupeKey,
      template: 'review_reminder',
      recipient: email,
      params: { run_id: run.id, since: run.updatedAt.toISOString() },
    });
  }
  await countReminder(tenant, run);
  return { ...run, reminders: run.reminders + 1 };
}

const clockwork = {
  kind: 'system',
  id: 'expiry',
  role: 'system',
  approver: false,
  authTime: '',
  requestId: 'expiry',
} as const;

function act(tenant: Tenant, run: Run, kind: Deadline['kind'], now: Date): Promise<Run> {
  switch (kind) {
    case 'remind':
      return remind(tenant, run);
    case 'expire':
      return expire(tenant, run);
    case 'request_expires':
      return expireRequest(tenant, run);
    case 'waiver_ends':
      return reopenWaived(tenant, run, now);
  }
}

/** A request for approval that nobody answered: what it rested on is old, so it is audited again first. */
async function expireRequest(tenant: Tenant, run: Run): Promise<Run> {
  await voidApprovals(tenant, run.id);
  await staleAudits(tenant, run.id);
  await recordEvent(tenant, { actor: clockwork, action: 'approval.expired', target: run.id, runId: run.id });
  return moveRun(tenant, run, 'submitted', { verdict: null, verdictDigest: null, waiverUntil: null });
}

async function reopenWaived(tenant: Tenant, run: Run, now: Date): Promise<Run> {
  const { state, patch, ended } = await endWaivers(tenant, run, now);
  for (const { id } of ended)
    await recordEvent(tenant, { actor: clockwork, action: 'waiver.ended', target: id, runId: run.id });
  return moveRun(tenant, run, state, patch);
}

async function expire(tenant: Tenant, run: Run): Promise<Run> {
  await recordEvent(tenant, { actor: clockwork, action: 'run.expired', target: run.id, runId: run.id });
  return moveRun(tenant, run, 'cancelled', {});
}
