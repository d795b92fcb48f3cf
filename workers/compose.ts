import { ScheduleAlreadyRunning, type Client, type ScheduleSpec, type Workflow } from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createAnnotationActivities, type AnnotationActivities } from '../activities/annotations.js';
import { createApprovalActivities, type ApprovalActivities } from '../activities/approvals.js';
import { createCheckActivities, type CheckActivities } from '../activities/checks/audit.js';
import { createGradingActivities, type GradingActivities } from '../activities/checks/grade.js';
import { createWaiverActivities, type WaiverActivities } from '../activities/checks/waive.js';
import { createCookActivities, type CookActivities, type CookDeps } from '../activities/cooks.js';
import { createEvidenceActivities, type EvidenceActivities } from '../activities/evidence.js';
import { createIncidentActivities, type IncidentActivities, type IncidentDeps } from '../activities/incidents.js';
import { createLedgerAuditActivities, type LedgerAuditActivities } from '../activities/ledger-audit.js';
import { createLedgerActivities, type LedgerActivities, type LedgerDeps } from '../activities/ledger.js';
import { createMailActivities, type MailDeps } from '../activities/mail.js';
import { createCheckoutActivities, type CheckoutActivities } from '../activities/membership/checkout.js';
import {
  createMembershipCommandActivities,
  type MembershipCommandActivities,
} from '../activities/membership/commands.js';
import {
  createMembershipReceiptActivities,
  type MembershipReceiptActivities,
} from '../activities/membership/receipts.js';
import { createRefreshActivities, type RefreshActivities } from '../activities/membership/refresh.js';
import { createGrantActivities, type GrantActivities } from '../activities/datasets.js';
import { createPinActivities, type PinActivities } from '../activities/models.js';
import { createReceiptActivities, type ReceiptActivities, type ReceiptDeps } from '../activities/receipts.js';
import { createReconcileActivities, type ReconcileActivities } from '../activities/reconcile.js';
import { createRunActivities, type RunActivities } from '../activities/runs.js';
import {
  createStripeEventActivities,
  type StripeEventActivities,
  type StripeEventDeps,
} from '../activities/stripe-events.js';
import { createSubmissionActivities, type SubmissionActivities } from '../activities/submissions.js';
import { createWatchdogActivities, type WatchdogActivities } from '../activities/watchdogs.js';
import { createWebhookActivities, type WebhookActivities, type WebhookDeps } from '../activities/webhooks.js';
import { createWitnessActivities, type WitnessActivities, type WitnessDeps } from '../activities/witnesses.js';
import type { Mailer } from '../src/adapters/mailer.js';
import { underPrefix, type ObjectStore } from '../src/adapters/object-store.js';
import type { Database } from '../src/db/database.js';
import { registerKey } from '../src/ledger/keys.js';
import type { LogSigners } from '../src/ledger/signers.js';
import { builtInCards } from '../src/models/cards/library.js';
import { publishMissingCards } from '../src/models/store.js';
import { firstPolicy } from '../src/training-policies/library.js';
import { publishPolicy } from '../src/training-policies/store.js';
import { SANDBOX_LOG_PREFIX, sandboxLogId } from '../src/ledger/sandbox-log.js';
import { createLog } from '../src/ledger/store.js';
import { keepPolicy } from '../src/ledger/witness-store.js';
import type { ReceiptSigner } from '../src/receipts/sign.js';
import type { RunDurable } from '../src/runs/durable.js';
import type { auditLog } from '../workflows/ledger/audit-log.js';
import type { tendCooks } from '../workflows/cooks/tend-cooks.js';
import type { keepLedger } from '../workflows/ledger/keep-ledger.js';
import type { keepWitnessed } from '../workflows/ledger/keep-witnessed.js';
import type { keepOutbox } from '../workflows/mail/keep-outbox.js';
import type { reconcileMemberships } from '../workflows/membership/reconcile-memberships.js';
import type { sweepStripeEvents } from '../workflows/membership/sweep-stripe-events.js';
import type { keepWebhooks } from '../workflows/webhooks/keep-webhooks.js';
import type { sweepWatchdogs } from '../workflows/watchdogs/sweep-watchdogs.js';
import type { reconcileRuns } from '../workflows/runs/reconcile-runs.js';

export interface CoreParts
  extends
    Omit<ReceiptDeps, 'database'>,
    Omit<MailDeps, 'mailer' | 'database'>,
    Omit<CookDeps, 'database'>,
    Pick<LedgerDeps, 'logKey' | 'cosigners' | 'queued'>,
    Pick<WitnessDeps, 'policy' | 'witnesses' | 'witnessSpacingMs'>,
    Pick<WebhookDeps, 'webhooks' | 'told'>,
    StripeEventDeps {
  readonly database: Database;
  readonly evidenceObjects: ObjectStore;
  readonly ledgerObjects: ObjectStore;
  readonly mailer: Mailer | undefined;
  readonly runs: RunDurable;
  readonly incidents: IncidentDeps['incidents'];
}
type CoreActivities = RunActivities &
  EvidenceActivities &
  SubmissionActivities &
  CheckActivities &
  GradingActivities &
  WaiverActivities &
  ApprovalActivities &
  ReceiptActivities &
  AnnotationActivities &
  CookActivities &
  PinActivities &
  GrantActivities &
  LedgerActivities &
  LedgerAuditActivities &
  WitnessActivities &
  ReconcileActivities &
  MembershipCommandActivities &
  CheckoutActivities &
  RefreshActivities &
  MembershipReceiptActivities &
  StripeEventActivities &
  IncidentActivities &
  WatchdogActivities &
  WebhookActivities;

/** All activities of the core queue over one set of parts. */
export function createCoreActivities(parts: CoreParts): CoreActivities {
  const { mailer } = parts;
  return {
    ...createRunActivities(parts),
    ...createEvidenceActivities(parts),
    ...createSubmissionActivities(parts),
    ...createCheckActivities(parts),
    ...createGradingActivities(parts),
    ...createWaiverActivities(parts),
    ...createApprovalActivities(parts),
    ...createReceiptActivities(parts),
    ...createAnnotationActivities(parts),
    ...createCookActivities(parts),
    ...createPinActivities(parts),
    ...createGrantActivities(parts),
    ...createLedgerActivities({
      ...parts,
      objects: parts.ledgerObjects,
      sandboxObjects: underPrefix(parts.evidenceObjects, SANDBOX_LOG_PREFIX),
    }),
    ...createLedgerAuditActivities({ ...parts, objects: parts.ledgerObjects }),
    ...createWitnessActivities(parts),
    ...createReconcileActivities(parts),
    ...createMembershipCommandActivities(parts),
    ...createCheckoutActivities(parts),
    ...createRefreshActivities(parts),
    ...createMembershipReceiptActivities(parts),
    ...createStripeEventActivities(parts),
    ...createIncidentActivities(parts),
    ...createWatchdogActivities(parts),
    ...createWebhookActivities(parts),
    ...(mailer ? createMailActivities({ ...parts, mailer }) : {}),
  };
}

/** Publishes the public keys and makes the head of the log, before anything is signed. Safe to repeat. */
export async function prepareLedger(
  database: Database,
  log: { logId: string; keys: LogSigners['keys']; signer: ReceiptSigner; policy: string },
): Promise<void> {
  const { logId, keys, signer, policy } = log;
  await database.system(async (system) => {
    await createLog(system, logId);
    await createLog(system, sandboxLogId(logId));
    await keepPolicy(system, logId, policy);
    for (const key of keys) await registerKey(system, key);
    const receiptKeys = [
      { ...signer, logId: null },
      { ...signer.sandbox, logId: sandboxLogId(logId) },
    ];
    for (const { keyId, publicKeyPem: publicKey, logId: only } of receiptKeys)
      await registerKey(system, { keyId, purpose: 'receipt', logId: only, publicKey, vkey: null });
  });
}

/** Publishes what the product comes with and the catalogs do not have yet. Safe to repeat. */
export async function prepareCatalogs(database: Database): Promise<void> {
  await database.system(async (system) => {
    await publishMissingCards(system, builtInCards);
    await publishPolicy(system, firstPolicy);
  });
}

const RECONCILE_EVERY = '5m';
const SWEEP_EVERY = '1m';
/** How long an agent may be dark beyond its deadline before somebody looks. */
const WATCH_EVERY = '30s';
/** In UTC. */
const NIGHTLY = { hour: 3, minute: 17 };
/** Leases that ran out are noticed within this time. */
const TEND_EVERY = '15s';

/** Starts what must always be running; a second worker joins what the first started. */
export async function startLoops(
  client: Client,
  { queue, logId, mail, witnessed }: { queue: string; logId: string; mail: boolean; witnessed: boolean },
): Promise<void> {
  const common = { taskQueue: queue, workflowIdConflictPolicy: 'USE_EXISTING' as const };
  await client.workflow.start<typeof keepLedger>('keepLedger', {
    ...common,
    workflowId: `ledger:${logId}`,
    staticSummary: `Sequencer of ${logId}`,
  });
  await client.workflow.start<typeof keepLedger>('keepLedger', {
    ...common,
    workflowId: `ledger:${sandboxLogId(logId)}`,
    args: ['sandbox'],
    staticSummary: `Sequencer of ${sandboxLogId(logId)}`,
  });
  if (witnessed)
    await client.workflow.start<typeof keepWitnessed>('keepWitnessed', {
      ...common,
      workflowId: `witnesses:${logId}`,
      staticSummary: `Witnesses of ${logId}`,
    });
  if (mail)
    await client.workflow.start<typeof keepOutbox>('keepOutbox', {
      ...common,
      workflowId: `outbox:${queue}`,
      staticSummary: 'Sends owed mail',
    });
  await client.workflow.start<typeof keepWebhooks>('keepWebhooks', {
    ...common,
    workflowId: `webhooks:${queue}`,
    staticSummary: 'Sends events to endpoints',
  });
  // A deployment is the moment at which something may have changed behind our back.
  await client.workflow.start<typeof auditLog>('auditLog', {
    ...common,
    workflowId: `audit-deployed:${logId}`,
    args: ['incremental'],
  });
  await schedule<typeof reconcileRuns>(client, queue, {
    id: 'reconcile-runs',
    workflowType: 'reconcileRuns',
    args: [],
    spec: { intervals: [{ every: RECONCILE_EVERY }] },
  });
  await schedule<typeof tendCooks>(client, queue, {
    id: 'tend-cooks',
    workflowType: 'tendCooks',
    args: [],
    spec: { intervals: [{ every: TEND_EVERY }] },
  });
  await schedule<typeof sweepWatchdogs>(client, queue, {
    id: 'watchdog-sweep',
    workflowType: 'sweepWatchdogs',
    args: [],
    spec: { intervals: [{ every: WATCH_EVERY }] },
  });
  await schedule<typeof auditLog>(client, queue, {
    id: 'audit-log',
    workflowType: 'auditLog',
    args: ['full'],
    spec: { calendars: [NIGHTLY] },
  });
  await schedule<typeof sweepStripeEvents>(client, queue, {
    id: 'sweep-stripe-events',
    workflowType: 'sweepStripeEvents',
    args: [],
    spec: { intervals: [{ every: SWEEP_EVERY }] },
  });
  await schedule<typeof reconcileMemberships>(client, queue, {
    id: 'reconcile-memberships',
    workflowType: 'reconcileMemberships',
    args: [],
    spec: { calendars: [{ hour: 3, minute: 47 }] },
  });
}

/** Makes a schedule once; one that is there stays as it is. */
async function schedule<W extends Workflow>(
  client: Client,
  queue: string,
  { id, workflowType, args, spec }: { id: string; workflowType: string; args: Parameters<W>; spec: ScheduleSpec },
): Promise<void> {
  try {
    await client.schedule.create({
      scheduleId: `schedule:${id}:${queue}`,
      spec,
      action: { type: 'startWorkflow', workflowType, taskQueue: queue, args },
      policies: { overlap: 'SKIP', catchupWindow: '2m' },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}

/** Sends Temporal's own log lines through ours, warnings and worse. */
export function installRuntime(logger: Logger): void {
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
      logger[level === 'ERROR' ? 'error' : 'warn']({ temporal: meta }, message);
    }),
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'WARN' }, forward: {} } },
    shutdownSignals: [],
  });
}
