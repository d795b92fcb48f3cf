import { z } from 'zod';
import { expectAnswer, type Caller } from '../../scripts/demo/client.js';
import type { Cast } from './people.js';

const id = z.object({ id: z.string() });
export const auditAnswer = z.object({
  id: z.string(),
  verdict: z.object({ outcome: z.string(), because: z.array(z.string()), digest: z.string() }).nullable(),
  checks: z.array(
    z.object({ id: z.string(), rule_id: z.string(), status: z.string(), severity: z.string(), detail: z.string() }),
  ),
});
export type AuditAnswer = z.output<typeof auditAnswer>;
export const receiptAnswer = z.object({ id: z.string(), share_url: z.string(), bundle: z.looseObject({}).nullable() });

const schema = {
  title: 'Quarterly numbers',
  summary: 'Revenue rose from one hundred to one hundred and twenty in the quarter.',
  recommendation: 'Keep going as before.',
};

/** A submission that the numeric memo sheet clears; parts of it may be replaced. */
export const goodSubmission = (changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  agent: { name: 'tester', version: '1.0' },
  output: { ...schema, figures: [{ name: 'growth', value: 20, unit: 'percent' }] },
  calculations: [
    { name: 'growth', expression: '(after - before) / before * 100', inputs: { before: 100, after: 120 }, claimed: 20 },
  ],
  ...changes,
});

/** A submission whose one flag is a major one: its growth is off by five percent. */
export const flaggedSubmission = (): Record<string, unknown> => {
  const calculations = [
    { name: 'growth', expression: 'after - before', inputs: { before: 100, after: 120 }, claimed: 21 },
  ];
  return goodSubmission({
    calculations,
    output: { ...schema, figures: [{ name: 'growth', value: 21, unit: 'percent' }] },
  });
};

/** A run whose major flag is waived, and which is approved all the same. */
export async function waivedRun(cast: Cast, expiresAt: Date): Promise<string> {
  const runId = await openRun(cast);
  await attach(cast.owner, runId);
  expectAnswer(await cast.owner.call('POST', `/runs/${runId}/submission`, flaggedSubmission()), [201], id);
  const found = await audit(cast.owner, runId);
  await gradeAll(cast.grader, runId, found);
  const flag = found.checks.find(({ rule_id }) => rule_id === 'MTH-001');
  const waiver = { reason: 'Rounded as agreed with finance.', expires_at: expiresAt.toISOString() };
  expectAnswer(await cast.reviewer.call('POST', `/runs/${runId}/checks/${flag?.id ?? ''}/waiver`, waiver), [200], id);
  const decision = { decision: 'approved' };
  expectAnswer(await cast.reviewer.call('POST', `/runs/${runId}/approve`, decision), [200], z.unknown());
  return runId;
}

export async function openRun(
  { owner, projectId }: Cast,
  sheet = 'numeric-memo',
  more: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const body = { project_id: projectId, title: 'A run', flight_sheet: { slug: sheet }, ...more };
  return expectAnswer(await owner.call('POST', '/runs', body), [201], id).id;
}

export async function attach(caller: Caller, runId: string, content = 'Revenue: 100, then 120.'): Promise<string> {
  const body = { kind: 'note', label: 'Numbers', content };
  return expectAnswer(await caller.call('POST', `/runs/${runId}/evidence`, body), [200, 201], id).id;
}

export async function audit(caller: Caller, runId: string): Promise<AuditAnswer> {
  return expectAnswer(await caller.call('POST', `/runs/${runId}/audit`), [200], auditAnswer);
}

const goodResponse: Readonly<Record<string, unknown>> = { 'HUM-001': 1, 'HUM-002': 'follows' };

/** Answers every open rule of an audit of the numeric memo sheet. */
export async function gradeAll(grader: Caller, runId: string, { checks }: AuditAnswer): Promise<void> {
  for (const check of checks.filter(({ status }) => status === 'open')) {
    const body = { status: 'pass', response: goodResponse[check.rule_id], reason: 'Read it.' };
    expectAnswer(await grader.call('PATCH', `/runs/${runId}/checks/${check.id}`, body), [200], id);
  }
}

/** A run that is audited and cleared, waiting for its approval. */
export async function auditedRun(cast: Cast, more: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const runId = await openRun(cast, 'numeric-memo', more);
  await attach(cast.owner, runId);
  expectAnswer(await cast.owner.call('POST', `/runs/${runId}/submission`, goodSubmission()), [201], id);
  await gradeAll(cast.grader, runId, await audit(cast.owner, runId));
  return runId;
}

export async function approvedRun(cast: Cast, more: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const runId = await auditedRun(cast, more);
  expectAnswer(
    await cast.reviewer.call('POST', `/runs/${runId}/approve`, { decision: 'approved' }),
    [200],
    z.unknown(),
  );
  return runId;
}

/** The state and version of a run as its owner reads them. */
export async function stateOf(caller: Caller, runId: string): Promise<string> {
  return expectAnswer(await caller.call('GET', `/runs/${runId}`), [200], z.object({ state: z.string() })).state;
}

/** The code of a refusal, and its status, as in "409 not_approved". */
export function refusalOf(answer: { readonly status: number; readonly json: unknown }): string {
  const { code } = z.object({ code: z.string() }).parse(answer.json);
  return `${String(answer.status)} ${code}`;
}
