import type { z } from 'zod';
import type { StoredVerdict } from '../runs/store.js';
import type { auditView, checkView, verdictView } from './schema.js';
import type { Audit, Check } from './store.js';

export function showVerdict({ outcome, because, score, counts, digest }: StoredVerdict): z.input<typeof verdictView> {
  return { outcome, because: [...because], score, counts, digest };
}

export function showCheck(check: Check): z.input<typeof checkView> {
  return {
    id: check.id,
    rule_id: check.ruleId,
    rule: check.rule,
    status: check.status,
    severity: check.severity,
    observed: check.observed,
    expected: check.expected,
    detail: check.detail,
    evidence_ids: [...check.evidenceIds],
    response: check.response?.value ?? null,
    graded_by: check.gradedBy,
    graded_at: check.gradedAt?.toISOString() ?? null,
    grade_reason: check.gradeReason,
    regraded: check.previous.length,
    version: check.version,
    difference: check.difference,
    pointers: [...check.pointers],
    grades: [...check.grades],
    previous: [...check.previous],
    waiver: check.waiver && { ...check.waiver, accepted: [...check.waiver.accepted] },
  };
}

export function showAudit(
  audit: Audit,
  checks: readonly Check[],
  verdict: StoredVerdict | null,
): z.input<typeof auditView> {
  return {
    id: audit.id,
    run_id: audit.runId,
    attempt: audit.attempt,
    kind: audit.kind,
    state: audit.state,
    sheet_digest: audit.sheetDigest,
    engine_version: audit.engineVersion,
    inputs_digest: audit.inputsDigest,
    replay_digest: audit.replayDigest,
    verdict: verdict && showVerdict(verdict),
    checks: checks.filter(({ auditId }) => auditId === audit.id).map(showCheck),
    started_at: audit.clock.toISOString(),
    finished_at: audit.finishedAt?.toISOString() ?? null,
  };
}
