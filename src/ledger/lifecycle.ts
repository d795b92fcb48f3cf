import { z } from 'zod';
import type { System } from '../db/database.js';
import type { LedgerFault } from './verify.js';

/** One promise about how a receipt came to be, as a query that finds the receipts which break it. */
interface LifecycleRule {
  readonly name: string;
  /** What a broken one means, in a sentence. */
  readonly detail: string;
  /** Selects idx for each receipt in `minted` that breaks the rule. */
  readonly sql: string;
}

/** Run receipts whose leaves stand at `from` or later and before `to`, with their runs. */
const MINTED = `WITH minted AS (
  SELECT leaf.idx, receipt.org_id, receipt.subject_id AS run_id, receipt.issued_at,
         receipt.occasion, receipt.payload, run.agent_profile_id, run.verdict_digest, run.current_submission_id,
         run.four_eyes
  FROM ledger_leaf AS leaf
  JOIN receipts AS receipt ON receipt.leaf_id = leaf.leaf_id
  JOIN runs AS run ON run.org_id = receipt.org_id AND run.id = receipt.subject_id
  WHERE leaf.log_id = :logId AND leaf.idx >= :from AND leaf.idx < :to AND receipt.kind = 'run'
)`;

/** A decision that stood on the run's verdict when the receipt was issued. */
const DECIDED = `SELECT 1 FROM approvals AS approval
  WHERE approval.org_id = minted.org_id AND approval.run_id = minted.run_id
    AND approval.verdict_digest = minted.verdict_digest AND approval.created_at <= minted.issued_at
    AND (approval.voided_at IS NULL OR approval.voided_at > minted.issued_at)`;

/**
 * What must have happened before a receipt. A noun that can stand in a receipt's way adds its rule here, with a grant of
 * the columns it reads to dc_worker: critical incidents that were open. Waivers are read from what was signed, where
 * they stand without names and reasons; a payload without any is not parsed.
 */
const rules: readonly LifecycleRule[] = [
  {
    name: 'approved_before_minted',
    detail: 'the receipt was issued without a decision that stood before it',
    sql: `SELECT idx FROM minted WHERE occasion = 'final' AND NOT EXISTS (
      ${DECIDED} AND approval.decision = 'approved')`,
  },
  {
    name: 'rejected_before_minted',
    detail: 'the receipt of a rejection was issued without one',
    sql: `SELECT idx FROM minted WHERE occasion <> 'final' AND NOT EXISTS (
      SELECT 1 FROM approvals AS approval WHERE approval.org_id = minted.org_id AND approval.run_id = minted.run_id
        AND approval.decision = 'rejected' AND approval.created_at <= minted.issued_at)`,
  },
  {
    name: 'second_person',
    detail: 'the only one who approved had made the submission',
    sql: `SELECT idx FROM minted
      JOIN submissions AS submission ON submission.org_id = minted.org_id AND submission.id = minted.current_submission_id
      WHERE minted.four_eyes ->> 'forbid_submitter' = 'true' AND minted.occasion = 'final'
        AND NOT EXISTS (${DECIDED} AND approval.decision = 'approved' AND approval.approver_id <> submission.submitted_by)`,
  },
  {
    name: 'no_open_critical_incident',
    detail: 'the receipt was issued while a critical incident of the run or its agent was open',
    sql: `SELECT idx FROM minted WHERE EXISTS (
      SELECT 1 FROM incident_freezes AS hold WHERE hold.org_id = minted.org_id
        AND hold.subject_id IN (minted.run_id, minted.agent_profile_id) AND hold.from_at <= minted.issued_at
        AND (hold.until_at IS NULL OR hold.until_at > minted.issued_at))`,
  },
  {
    name: 'waivers_alive',
    detail: 'a flag counted as accepted whose waiver had ended before the receipt was issued',
    sql: `SELECT idx FROM minted WHERE occasion = 'final' AND position('"waivers":[{'::bytea IN payload) > 0
        AND EXISTS (
          SELECT 1 FROM jsonb_array_elements(convert_from(payload, 'UTF8')::jsonb #> '{predicate,waivers}') AS waiver
          WHERE (waiver ->> 'expiresAt')::timestamptz <= minted.issued_at)`,
  },
];

const found = z.object({ rows: z.array(z.object({ idx: z.number() })) });

/** Holds the receipts of some leaves against what must have happened before them. */
export async function checkLifecycle(
  { trx }: System,
  range: { readonly logId: string; readonly from: number; readonly to: number },
): Promise<readonly LedgerFault[]> {
  const faults: LedgerFault[] = [];
  for (const { name, detail, sql } of rules) {
    const { rows } = found.parse(await trx.raw(`${MINTED} ${sql} ORDER BY idx LIMIT 20`, { ...range }));
    for (const { idx } of rows) faults.push({ code: 'lifecycle', index: idx, detail: `${name}: ${detail}` });
  }
  return faults;
}
