import { ApplicationFailure } from '@temporalio/common';
import { activityInfo, heartbeat } from '@temporalio/activity';
import type { ObjectStore } from '../../src/adapters/object-store.js';
import { findProfile, findSnapshot } from '../../src/agent-profiles/store.js';
import { isOpen } from '../../src/incidents/rules.js';
import { listIncidentsOf } from '../../src/incidents/store.js';
import { voidApprovals } from '../../src/approvals/store.js';
import { digestsOf, runRules, type RuleResult } from '../../src/checks/engine.js';
import {
  engineVersion,
  type EngineAgentProfile,
  type EngineIncident,
  type EngineInputs,
} from '../../src/checks/frozen.js';
import { engineInputs, withoutTexts, type AuditFacts } from '../../src/checks/inputs.js';
import { observe } from '../../src/checks/observe.js';
import { auditPayload } from '../../src/checks/schema.js';
import {
  beginAudit,
  findAudit,
  finishAudit,
  listChecks,
  listLiveAudits,
  staleAudits,
  type Audit,
} from '../../src/checks/store.js';
import { computeVerdict } from '../../src/checks/verdict.js';
import { showAudit } from '../../src/checks/view.js';
import type { Database, Tenant } from '../../src/db/database.js';
import { listEvidence, type Evidence } from '../../src/evidence/store.js';
import { coreRules } from '../../src/flight-sheets/library/parts.js';
import type { Rule } from '../../src/flight-sheets/schema.js';
import { canonicalJson } from '../../src/kernel/canonical-json.js';
import { listApprovers } from '../../src/orgs/store.js';
import {
  requireCommand,
  requireRun,
  requireTransition,
  settle,
  snapshotOf,
  type RunCommandRef,
  type RunEffect,
  type RunSnapshot,
} from '../../src/runs/apply.js';
import { moveRun, type Run } from '../../src/runs/store.js';
import { findSubmission } from '../../src/submissions/store.js';
import { readProvenance } from './provenance.js';

/** An audit that reads more than this runs as an activity with heartbeats, not inside a workflow task. */
const QUICK_BYTES = 8 * 1024 * 1024;
/** Tells the workflow to run the audit the thorough way; not a refusal, so no caller ever sees it. */
const TOO_MUCH_FOR_A_TASK = 'TooMuchForATask';

export interface CheckActivities {
  audit(ref: RunCommandRef): Promise<RunSnapshot>;
  runChecks(ref: RunCommandRef): Promise<RunSnapshot>;
}
export interface CheckDeps {
  readonly database: Database;
  readonly evidenceObjects: ObjectStore;
}

type Begun =
  { readonly done: RunSnapshot } | { readonly done: undefined; readonly facts: AuditFacts; readonly audit: Audit };

export function createCheckActivities({ database, evidenceObjects }: CheckDeps): CheckActivities {
  /**
   * Begin, look, finish: two transactions around the reading of storage. Safe to retry: a delivery after a crash finds
   * its own running audit and goes on with it; the clock of the first begin stays.
   */
  const perform = async (ref: RunCommandRef, kind: Audit['kind']): Promise<RunSnapshot> => {
    const begun = await database.tenant(ref.orgId, (tenant) => begin(tenant, ref, kind));
    if (begun.done) return begun.done;
    const { facts, audit } = begun;
    requireQuick(facts.evidence);
    const inputs = engineInputs(facts, await observe(evidenceObjects, present(facts.evidence), beat));
    const rules = kind === 'core' ? coreRules : facts.run.flightSheet.rules;
    const results = runRules(rules, inputs);
    return database.tenant(ref.orgId, (tenant) => finish(tenant, ref, { audit, rules, results, inputs }));
  };
  return {
    audit: (ref) => perform(ref, 'flight_sheet'),
    runChecks: (ref) => perform(ref, 'core'),
  };
}

async function begin(tenant: Tenant, ref: RunCommandRef, kind: Audit['kind']): Promise<Begun> {
  const { command, isApplied } = await requireCommand(tenant, ref);
  const run = await requireRun(tenant, ref);
  const now = new Date();
  if (isApplied) return { done: snapshotOf(run, now) };
  const event = kind === 'core' ? 'run_checks' : 'audit';
  const id = auditPayload.parse(command.payload).audit_id;
  const mine = await findAudit(tenant, id);
  if (!mine) requireTransition(run, event);
  const other = run.state === 'auditing' && !mine ? await runningAudit(tenant, run.id) : undefined;
  if (other) {
    const done: RunEffect = { state: run.state, status: 202, result: showAudit(other, [], null) };
    return { done: snapshotOf(await settle(tenant, { run, command, event, done }), now) };
  }
  const triggeredBy = command.actor.id;
  const audit = await beginAudit(tenant, {
    id,
    runId: run.id,
    attempt: run.attempt,
    kind,
    commandId: ref.commandId,
    sheetDigest: run.flightSheetDigest,
    engineVersion,
    triggeredBy,
  });
  const begun = kind === 'core' || mine ? run : await enterAudit(tenant, run, audit);
  const submission =
    begun.currentSubmissionId === null ? undefined : await findSubmission(tenant, begun.currentSubmissionId);
  const facts = {
    run: begun,
    audit,
    evidence: await listEvidence(tenant, run.id),
    submission,
    approvers: await listApprovers(tenant),
    incidents: await incidentsOf(tenant, begun),
    agentProfile: await agentOf(tenant, begun),
    ...(await readProvenance(tenant, begun, submission)),
  };
  return { done: undefined, facts, audit };
}

const incidentsOf = async (tenant: Tenant, run: Run): Promise<readonly EngineIncident[]> =>
  (await listIncidentsOf(tenant, run)).map(({ id, severity, state }) => ({ id, severity, is_open: isOpen(state) }));

/** The agent in its state of now, with the content of the snapshot that the run names. */
async function agentOf(tenant: Tenant, run: Run): Promise<EngineAgentProfile | null> {
  const { agentProfileId: id, agentSnapshotDigest: digest } = run;
  const profile = id === null ? undefined : await findProfile(tenant, id);
  const kept = id === null || digest === null ? undefined : await findSnapshot(tenant, id, digest);
  if (!profile || !kept) return null;
  const { autonomy, allowed_lanes, tools } = kept.snapshot;
  return {
    ...{ id: profile.id, state: profile.state, autonomy, allowed_lanes },
    tools: tools.map(({ name, scope }) => ({ name, scope })),
  };
}

const runningAudit = async (tenant: Tenant, runId: string): Promise<Audit | undefined> =>
  (await listLiveAudits(tenant, runId)).find(({ kind, state }) => kind === 'flight_sheet' && state === 'running');

/** A new audit replaces what was said before: earlier audits go stale and approvals are void. */
async function enterAudit(tenant: Tenant, run: Run, audit: Audit): Promise<Run> {
  await staleAudits(tenant, run.id, audit);
  await voidApprovals(tenant, run.id);
  return moveRun(tenant, run, 'auditing', { verdict: null, verdictDigest: null, waiverUntil: null });
}

async function finish(
  tenant: Tenant,
  ref: RunCommandRef,
  outcome: { audit: Audit; rules: readonly Rule[]; results: readonly RuleResult[]; inputs: EngineInputs },
): Promise<RunSnapshot> {
  const { command, isApplied } = await requireCommand(tenant, ref);
  const run = await requireRun(tenant, ref);
  if (isApplied) return snapshotOf(run, new Date());
  const { audit, rules, results, inputs } = outcome;
  const digests = digestsOf(inputs, results);
  if (audit.kind === 'core') await staleAudits(tenant, run.id, audit);
  await finishAudit(tenant, audit, {
    rules,
    results,
    inputs: canonicalJson(withoutTexts(inputs)),
    inputsDigest: digests.inputs,
    replayDigest: digests.replay,
  });
  const done = await conclude(tenant, run, audit);
  const event = audit.kind === 'core' ? 'run_checks' : 'audit';
  return snapshotOf(await settle(tenant, { run, command, event, done }), new Date());
}

/** Computes the verdict over all live checks; it stands only once a flight-sheet audit has no open check. */
async function conclude(tenant: Tenant, run: Run, audit: Audit): Promise<RunEffect> {
  const { verdict, digest, checks, waiverUntil } = await computeVerdict(tenant, run, new Date());
  const finished = await findAudit(tenant, audit.id);
  const settled = audit.kind === 'flight_sheet' || run.state === 'audited';
  const open = checks.some(({ status }) => status === 'open');
  const stored = settled && !open ? { ...verdict, digest } : null;
  if (run.verdictDigest !== null && run.verdictDigest !== stored?.digest) await voidApprovals(tenant, run.id);
  const state = audit.kind === 'core' ? run.state : open ? 'in_review' : 'audited';
  return {
    state,
    patch: { verdict: stored, verdictDigest: stored?.digest ?? null, waiverUntil },
    status: 200,
    result: showAudit(finished ?? audit, await listChecks(tenant, [audit.id]), stored),
    event: { action: audit.kind === 'core' ? 'checks.run' : 'audit.finished', target: audit.id },
  };
}

function requireQuick(evidence: readonly Evidence[]): void {
  const bytes = evidence.reduce((sum, { size }) => sum + size, 0);
  if (activityInfo().isLocal && bytes > QUICK_BYTES) {
    throw ApplicationFailure.nonRetryable(`${String(bytes)} bytes to read`, TOO_MUCH_FOR_A_TASK);
  }
}

/** A withdrawn item is a tombstone: its bytes are not asked for. */
const present = (evidence: readonly Evidence[]): readonly Evidence[] =>
  evidence.filter(({ state }) => state !== 'withdrawn');

const beat = (id: string): void => {
  if (!activityInfo().isLocal) heartbeat(id);
};
