import { createHash } from 'node:crypto';
import type { Tenant } from '../db/database.js';
import { canonicalJson } from '../kernel/canonical-json.js';
import { closeRule, isClosing, type ClosingInputs } from './built-ins/closing.js';
import { failed, type Finding } from './finding.js';
import { verdictOf, type Verdict } from './rules.js';
import { changeCheck, listChecks, listLiveAudits, type Audit, type Check } from './store.js';

export interface Computed {
  readonly verdict: Verdict;
  /** What approvals are bound to: the verdict, its audits, and every check as it stands. */
  readonly digest: string;
  readonly checks: readonly Check[];
  /** When the first of the waivers the verdict rests on ends. */
  readonly waiverUntil: Date | null;
}

/** The verdict over every live check of a run; the closing rules are evaluated first, once every answer is in. */
export async function computeVerdict(
  tenant: Tenant,
  run: { readonly id: string; readonly flightSheet: { readonly verdict_policy?: VerdictPolicy | undefined } },
  now: Date,
): Promise<Computed> {
  const audits = await listLiveAudits(tenant, run.id);
  const found = await listChecks(
    tenant,
    audits.map(({ id }) => id),
  );
  const checks = await close(tenant, audits, found, now);
  const verdict = verdictOf(checks, run.flightSheet.verdict_policy?.grounded_on);
  const basis = {
    verdict,
    audits: audits.map(({ id, replayDigest }) => ({ id, replay_digest: replayDigest })),
    checks: checks.map(({ id, ruleId, status, severity, response, waiver }) => ({
      id,
      rule_id: ruleId,
      status,
      severity,
      response: response?.value ?? null,
      ...(status === 'waived' && waiver ? { waived_until: waiver.expires_at } : {}),
    })),
  };
  const digest = createHash('sha256').update(canonicalJson(basis)).digest('hex');
  return { verdict, digest, checks, waiverUntil: firstEnd(checks) };
}

interface VerdictPolicy {
  readonly grounded_on: readonly ('critical' | 'major' | 'minor')[];
}

function firstEnd(checks: readonly Check[]): Date | null {
  const ends = checks.flatMap(({ status, waiver }) =>
    status === 'waived' && waiver ? [Date.parse(waiver.expires_at)] : [],
  );
  return ends.length === 0 ? null : new Date(Math.min(...ends));
}

const closingKey = ({ rule }: Check): string | undefined =>
  rule.kind === 'auto' && isClosing(rule.check) ? rule.check : undefined;

/** Evaluates the closing rules of each audit whose people have all answered; leaves them open before. */
async function close(
  tenant: Tenant,
  audits: readonly Audit[],
  checks: readonly Check[],
  now: Date,
): Promise<readonly Check[]> {
  const settled: Check[] = [];
  for (const check of checks) {
    const audit = audits.find(({ id }) => id === check.auditId);
    const own = checks.filter(({ auditId }) => auditId === check.auditId);
    const finding = audit && closing(check, own, audit, now);
    settled.push(
      finding && differs(check, finding)
        ? await changeCheck(tenant, check, changeOf(finding), { graded: false })
        : check,
    );
  }
  return settled;
}

/** The finding of a closing rule; undefined for other rules, before the last answer, and where it is waived. */
function closing(check: Check, own: readonly Check[], audit: Audit, now: Date): Finding | undefined {
  const key = closingKey(check);
  if (key === undefined || check.rule.kind === 'human') return undefined;
  if (check.engineStatus !== 'open' || check.status === 'waived') return undefined;
  if (own.some((other) => other.kind !== 'auto' && other.status === 'open')) return undefined;
  try {
    return closeRule(key, check.rule.params, answersOf(own, audit, now));
  } catch (error) {
    return failed(error instanceof Error ? error.message : 'unknown');
  }
}

function answersOf(own: readonly Check[], audit: Audit, now: Date): ClosingInputs {
  return {
    clock: now.toISOString(),
    last_change: audit.clock.toISOString(),
    answers: own
      .filter(
        ({ kind, status, engineStatus }) =>
          kind !== 'auto' && status !== 'skip' && !(kind === 'dual' && engineStatus !== 'pass'),
      )
      .map(({ ruleId, status, rule, response, gradedAt }) => ({
        rule_id: ruleId,
        status,
        killer: rule.killer ?? false,
        has_value: response !== null,
        answered_at: gradedAt?.toISOString() ?? null,
      })),
  };
}

const differs = (check: Check, { status, detail }: Finding): boolean =>
  check.status !== status || check.detail !== detail;
const changeOf = ({ status, observed, expected, difference, detail, pointers }: Finding) => ({
  status,
  observed,
  expected,
  difference,
  detail,
  pointers,
});
