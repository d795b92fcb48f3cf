import { heartbeat } from '@temporalio/activity';
import type { Tokens } from '../src/auth/tokens.js';
import { lockCommand, recordApplied } from '../src/commands/store.js';
import type { Database, Tenant } from '../src/db/database.js';
import {
  applyIncidentCommand,
  deadlineFacts,
  readSnapshot,
  snapshotOf,
  type IncidentCommandRef,
  type IncidentRef,
  type IncidentSnapshot,
} from '../src/incidents/apply.js';
import { changeIncident, requireKnown, requireOrder } from '../src/incidents/change.js';
import { mailIncident, mailOpened } from '../src/incidents/mails.js';
import { openIncidents } from '../src/incidents/open.js';
import { receiptFacts } from '../src/incidents/receipt-facts.js';
import { nextDeadline } from '../src/incidents/rules.js';
import {
  changePayload,
  detailsSchema,
  openPayload,
  receiptPayload,
  type OpenPayload,
} from '../src/incidents/schema.js';
import {
  appendEvent,
  attend,
  findIncident,
  insertLinks,
  listUnattended,
  lockIncident,
  moveIncident,
  type Incident,
} from '../src/incidents/store.js';
import { showIncident } from '../src/incidents/view.js';
import { Refusal } from '../src/kernel/refusals.js';
import { incidentKind } from '../src/receipts/kinds/incident.js';
import { mintReceipt } from '../src/receipts/mint.js';
import type { ReceiptSigner } from '../src/receipts/sign.js';
import { insertFirstShare } from '../src/shares/first-share.js';

export interface IncidentActivities {
  openIncident(ref: IncidentCommandRef): Promise<IncidentSnapshot | null>;
  changeIncident(ref: IncidentCommandRef): Promise<IncidentSnapshot>;
  mintIncident(ref: IncidentCommandRef): Promise<IncidentSnapshot>;
  readIncident(ref: IncidentRef): Promise<IncidentSnapshot | null>;
  actOnIncidentDeadline(ref: IncidentRef): Promise<IncidentSnapshot>;
  attendIncidents(): Promise<{ readonly nudged: number }>;
}
export interface IncidentDeps {
  readonly database: Database;
  readonly signer: ReceiptSigner;
  readonly tokens: Tokens;
  readonly logId: string;
  readonly incidents: { nudge(incident: IncidentRef): Promise<void> };
}

/** The incident that a command opened or joined; null for the workflow when it is another's. */
async function openOnce(tenant: Tenant, ref: IncidentCommandRef): Promise<IncidentSnapshot | null> {
  const locked = await lockCommand(tenant, ref.commandId);
  if (!locked) throw new Refusal('not_found', 'This command was never staged.');
  const { command } = locked;
  if (!locked.isApplied) {
    const payload = openPayload.parse(command.payload);
    await requireKnown(tenant, payload);
    const who = { kind: command.actor.kind, id: command.actor.id };
    const [opened] = await openIncidents(tenant, [toReport(ref, payload, who, new Date())]);
    if (!opened) throw new Error('openIncident: nothing was opened');
    if (payload.links) await insertLinks(tenant, opened.id, payload.links);
    const incident = await requireLocked(tenant, opened.id);
    if (opened.isNew) await mailOpened(tenant, incident, new Date());
    const answer = { status: opened.isNew ? 201 : 200, result: showIncident(incident) };
    const action = opened.isNew ? 'incident.opened' : 'incident.recurred';
    await recordApplied(tenant, command, answer, { action, target: opened.id });
  }
  const own = await findIncident(tenant, ref.incidentId);
  if (!own) return null;
  await attend(tenant, own);
  return snapshotOf(own, new Date());
}

function toReport(
  { orgId, incidentId }: IncidentCommandRef,
  payload: OpenPayload,
  actor: { readonly kind: string; readonly id: string },
  now: Date,
): Parameters<typeof openIncidents>[1][number] {
  const detectedAt = payload.detected_at === undefined ? now : new Date(payload.detected_at);
  const time = (given: string | undefined): Date | null => (given === undefined ? null : new Date(given));
  const times = {
    occurredAt: time(payload.occurred_at) ?? detectedAt,
    detectedAt,
    awarenessAt: time(payload.awareness_at),
    disclosedAt: time(payload.disclosed_at),
  };
  const later = { acknowledgedAt: null, mitigatedAt: null, resolvedAt: null, closedAt: null, reportedAt: null };
  requireOrder({ ...times, ...later }, now);
  const known = Object.entries(payload).filter(([name]) => Object.hasOwn(detailsSchema.shape, name));
  return {
    ...times,
    id: incidentId,
    orgId,
    title: payload.title,
    kind: payload.kind,
    severity: payload.severity,
    source: 'human',
    state: payload.state,
    dedupKey: payload.dedup_key ?? null,
    sourceKey: null,
    agentProfileId: payload.agent_profile_id ?? null,
    runs: payload.links?.runs ?? [],
    article73Class: payload.article73?.class ?? null,
    assigneeId: payload.assignee_id ?? null,
    details: detailsSchema.parse(Object.fromEntries(known)),
    createdBy: actor.id,
    actor,
  };
}

async function requireLocked(tenant: Tenant, id: string): Promise<Incident> {
  const incident = await lockIncident(tenant, id);
  if (!incident) throw new Refusal('not_found', 'No such incident.');
  return incident;
}

const AT_ONCE = 20;

export function createIncidentActivities(deps: IncidentDeps): IncidentActivities {
  const { database, signer, tokens, logId, incidents } = deps;
  return {
    /** Safe to retry: the id was drawn with the command, and the stored answer ends a second delivery. */
    openIncident: (ref) => database.tenant(ref.orgId, (tenant) => openOnce(tenant, ref)),

    /** Safe to retry: see applyIncidentCommand. */
    changeIncident: (ref) =>
      applyIncidentCommand(database, ref, changePayload, async (step) => {
        const incident = await changeIncident(step);
        return { incident, status: 200, result: showIncident(incident), action: 'incident.changed' };
      }),

    /**
     * Signs once, as the mint of a run does: interim for each version of the incident, final once. Safe to retry: see
     * applyIncidentCommand; an occasion that has its receipt is handed that one.
     */
    mintIncident: (ref) =>
      applyIncidentCommand(database, ref, receiptPayload, async ({ tenant, incident, actor, payload, now }) => {
        const stage = payload.stage ?? (incident.state === 'closed' ? 'final' : 'interim');
        if (stage === 'final' && incident.state !== 'closed')
          throw new Refusal('invalid_transition', 'The final receipt comes after the incident is closed.', {
            current_state: incident.state,
          });
        const { receipt, isNew } = await mintReceipt(tenant, { signer, logId }, incidentKind, {
          subjectId: incident.id,
          occasion: stage === 'final' ? 'final' : `interim:${String(incident.version)}`,
          now,
          facts: () => receiptFacts(tenant, incident, stage),
        });
        const { id, revision, paeDigest, issuedAt } = receipt;
        const result = {
          ...{ id, incident_id: incident.id, stage, revision },
          ...{ payload_sha256: paeDigest, issued_at: issuedAt.toISOString() },
        };
        if (!isNew) return { incident, status: 200, result };
        await insertFirstShare(tenant, tokens, { receiptId: id, createdBy: actor.id });
        const who = { kind: actor.kind, id: actor.id };
        await appendEvent(tenant, incident.id, {
          at: now,
          kind: 'receipted',
          actor: who,
          body: { receipt_id: id, stage },
        });
        return { incident, status: 201, result, action: 'receipt.minted' };
      }),

    readIncident: (ref) => readSnapshot(database, ref),

    /** Safe to retry: what is due is computed from the locked row, and mails are deduplicated by what they are for. */
    actOnIncidentDeadline: ({ orgId, incidentId }) =>
      database.tenant(orgId, async (tenant) => {
        const incident = await requireLocked(tenant, incidentId);
        const now = new Date();
        const due = nextDeadline(deadlineFacts(incident));
        if (!due || due.at > now.getTime()) {
          await attend(tenant, incident);
          return snapshotOf(incident, now);
        }
        return snapshotOf(
          due.kind === 'escalate' ? await escalate(tenant, incident, now) : await remind(tenant, incident, now),
          now,
        );
      }),

    /** Safe to retry: a workflow that knows its row already reads it once more. */
    async attendIncidents() {
      const waiting = await database.system((system) => listUnattended(system, 500));
      for (let done = 0; done < waiting.length; done += AT_ONCE) {
        const some = waiting.slice(done, done + AT_ONCE);
        await Promise.all(some.map(({ id, orgId }) => incidents.nudge({ orgId, incidentId: id })));
        heartbeat(done);
      }
      return { nudged: waiting.length };
    },
  };
}

const clockwork = { kind: 'system', id: 'clock' } as const;

async function escalate(tenant: Tenant, incident: Incident, now: Date): Promise<Incident> {
  const level = incident.escalations + 1;
  const key = `escalate:${incident.id}:${String(incident.changedAt.getTime())}:${String(level)}`;
  await mailIncident(tenant, incident, key, 'incident_escalation', level, {
    state: incident.state,
    severity: incident.severity,
  });
  await appendEvent(tenant, incident.id, { at: now, kind: 'escalated', actor: clockwork, body: { level } });
  return moveIncident(tenant, incident, { escalations: level }, { isAttended: true });
}

async function remind(tenant: Tenant, incident: Incident, now: Date): Promise<Incident> {
  const reminders = incident.reminders + 1;
  const { article73 } = showIncident(incident);
  const key = `article73:${incident.id}:${article73?.deadline_at ?? ''}:${String(reminders)}`;
  await mailIncident(tenant, incident, key, 'article73_reminder', reminders + 1, {
    deadline: article73?.deadline_at ?? '',
  });
  await appendEvent(tenant, incident.id, {
    at: now,
    kind: 'article73_reminded',
    actor: clockwork,
    body: { reminders },
  });
  return moveIncident(tenant, incident, { reminders }, { isAttended: true });
}
