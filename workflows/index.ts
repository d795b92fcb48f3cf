export { auditLog } from './ledger/audit-log.js';
export { keepLedger } from './ledger/keep-ledger.js';
export { keepWitnessed } from './ledger/keep-witnessed.js';
export { keepOutbox } from './mail/keep-outbox.js';
export { reconcileRuns } from './runs/reconcile-runs.js';
export { runLifecycle } from './runs/run-lifecycle.js';
export { renderShare } from './shares/render-share.js';
