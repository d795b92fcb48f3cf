import type { KeyObject } from 'node:crypto';
import { ScheduleAlreadyRunning, type Client } from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createApprovalActivities, type ApprovalActivities } from '../activities/approvals.js';
import { createCheckActivities, type CheckActivities } from '../activities/checks/audit.js';
import { createGradingActivities, type GradingActivities } from '../activities/checks/grade.js';
import { createEvidenceActivities, type EvidenceActivities } from '../activities/evidence.js';
import { createLedgerActivities, type LedgerActivities, type LedgerDeps } from '../activities/ledger.js';
import { createMailActivities, type MailDeps } from '../activities/mail.js';
import { createReceiptActivities, type ReceiptActivities, type ReceiptDeps } from '../activities/receipts.js';
import { createReconcileActivities, type ReconcileActivities } from '../activities/reconcile.js';
import { createRunActivities, type RunActivities } from '../activities/runs.js';
import { createSubmissionActivities, type SubmissionActivities } from '../activities/submissions.js';
import type { Mailer } from '../src/adapters/mailer.js';
import type { ObjectStore } from '../src/adapters/object-store.js';
import type { Database } from '../src/db/database.js';
import { registerKey } from '../src/ledger/keys.js';
import { noteKeyId, verifierKey } from '../src/ledger/note.js';
import { createLog } from '../src/ledger/store.js';
import type { ReceiptSigner } from '../src/receipts/sign.js';
import type { RunDurable } from '../src/runs/durable.js';
import type { keepLedger } from '../workflows/ledger/keep-ledger.js';
import type { keepOutbox } from '../workflows/mail/keep-outbox.js';
import type { reconcileRuns } from '../workflows/runs/reconcile-runs.js';

export interface CoreParts
  extends Omit<ReceiptDeps, 'database'>, Omit<MailDeps, 'mailer' | 'database'>, Pick<LedgerDeps, 'logKey' | 'queued'> {
  readonly database: Database;
  readonly evidenceObjects: ObjectStore;
  readonly ledgerObjects: ObjectStore;
  readonly mailer: Mailer | undefined;
  readonly runs: RunDurable;
}
type CoreActivities = RunActivities &
  EvidenceActivities &
  SubmissionActivities &
  CheckActivities &
  GradingActivities &
  ApprovalActivities &
  ReceiptActivities &
  LedgerActivities &
  ReconcileActivities;

/** All activities of the core queue over one set of parts. */
export function createCoreActivities(parts: CoreParts): CoreActivities {
  const { mailer } = parts;
  return {
    ...createRunActivities(parts),
    ...createEvidenceActivities(parts),
    ...createSubmissionActivities(parts),
    ...createCheckActivities(parts),
    ...createGradingActivities(parts),
    ...createApprovalActivities(parts),
    ...createReceiptActivities(parts),
    ...createLedgerActivities({ ...parts, objects: parts.ledgerObjects }),
    ...createReconcileActivities(parts),
    ...(mailer ? createMailActivities({ ...parts, mailer }) : {}),
  };
}

/** Publishes the public keys and makes the head of the log, before anything is signed. Safe to repeat. */
export async function prepareLedger(
  database: Database,
  keys: { logId: string; logPublicKey: KeyObject; signer: ReceiptSigner },
): Promise<void> {
  const { logId, logPublicKey, signer } = keys;
  const verifier = { name: logId, publicKey: logPublicKey };
  const publicKey = logPublicKey.export({ type: 'spki', format: 'pem' }).toString();
  await database.system(async (system) => {
    await createLog(system, logId);
    await registerKey(system, {
      keyId: noteKeyId(verifier).toString('base64'),
      purpose: 'log',
      logId,
      publicKey,
      vkey: verifierKey(verifier),
    });
    await registerKey(system, {
      keyId: signer.keyId,
      purpose: 'receipt',
      logId: null,
      publicKey: signer.publicKeyPem,
      vkey: null,
    });
  });
}

const RECONCILE_EVERY = '5m';

/** Starts what must always be running; a second worker joins what the first started. */
export async function startLoops(
  client: Client,
  { queue, logId, mail }: { queue: string; logId: string; mail: boolean },
): Promise<void> {
  const common = { taskQueue: queue, workflowIdConflictPolicy: 'USE_EXISTING' as const };
  await client.workflow.start<typeof keepLedger>('keepLedger', {
    ...common,
    workflowId: `ledger:${logId}`,
    staticSummary: `Sequencer of ${logId}`,
  });
  if (mail)
    await client.workflow.start<typeof keepOutbox>('keepOutbox', {
      ...common,
      workflowId: `outbox:${queue}`,
      staticSummary: 'Sends owed mail',
    });
  try {
    await client.schedule.create({
      scheduleId: `schedule:reconcile-runs:${queue}`,
      spec: { intervals: [{ every: RECONCILE_EVERY }] },
      action: {
        type: 'startWorkflow',
        workflowType: 'reconcileRuns' satisfies (typeof reconcileRuns)['name'],
        taskQueue: queue,
        args: [],
      },
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
