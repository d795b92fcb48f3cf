import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { expectAnswer, type Answer } from '../../scripts/demo/client.js';
import { assemble, join, type Cast, type PersonInTest } from '../rig/people.js';
import { openRig, type Rig } from '../rig/rig.js';
import { attach, audit, goodSubmission, gradeAll, openRun } from '../rig/run.js';

let rig: Rig;
let cast: Cast;
let second: PersonInTest;
/** Runs that wait for their approval, prepared side by side. */
const waiting: Prepared[] = [];
beforeAll(async () => {
  rig = await openRig();
  cast = await assemble(rig);
  second = await join(rig, cast.owner, 'member', true);
  const one = async (): Promise<void> => {
    while (waiting.length < 2 * orders.length) waiting.push(await prepare());
  };
  await Promise.all(Array.from({ length: 8 }, one));
}, 120_000);
afterAll(() => rig.close());

/** What two sessions do to one run: one regrades and approves, the other approves and brings evidence. */
const steps = ['regrade', 'approve', 'approve too', 'attach'] as const;
type Step = (typeof steps)[number];

const ordersOf = (left: readonly Step[]): readonly (readonly Step[])[] =>
  left.length === 0
    ? [[]]
    : left.flatMap((step) => ordersOf(left.filter((other) => other !== step)).map((rest) => [step, ...rest]));
const orders = ordersOf(steps);

interface Outcome {
  readonly state: string;
  readonly standing: number;
  /** The steps that were accepted, in the order of `steps`. */
  readonly accepted: readonly Step[];
}

/** What the design says comes of one order, where two people must approve. */
function expected(order: readonly Step[]): Outcome {
  let state = 'audited';
  let standing = 0;
  const accepted = order.filter((step) => {
    if (state !== 'audited') return false;
    if (step === 'regrade') standing = 0;
    else if (step === 'attach') [state, standing] = ['collecting', 0];
    else standing += 1;
    if (standing === 2) state = 'approved';
    return true;
  });
  return { state, standing, accepted: steps.filter((step) => accepted.includes(step)) };
}

interface Prepared {
  readonly runId: string;
  readonly checkId: string;
}
async function prepare(): Promise<Prepared> {
  const runId = await openRun(cast, 'numeric-memo', {
    four_eyes: { required_approvals: 2, forbid_submitter: true, forbid_grader: false },
  });
  await attach(cast.owner, runId);
  await cast.owner.call('POST', `/runs/${runId}/submission`, goodSubmission());
  const found = await audit(cast.owner, runId);
  await gradeAll(cast.grader, runId, found);
  const checkId = found.checks.find(({ rule_id }) => rule_id === 'HUM-001')?.id;
  if (checkId === undefined) throw new Error('prepare: no check to grade again');
  return { runId, checkId };
}

function takeWaiting(): Prepared {
  const prepared = waiting.pop();
  if (!prepared) throw new Error('takeWaiting: fewer runs than orders');
  return prepared;
}

function take(step: Step, { runId, checkId }: Prepared): Promise<Answer> {
  const approve = (who: PersonInTest): Promise<Answer> =>
    who.call('POST', `/runs/${runId}/approve`, { decision: 'approved' });
  switch (step) {
    case 'regrade': {
      const grade = { status: 'pass', response: 2, reason: 'Counted again.' };
      return cast.grader.call('PATCH', `/runs/${runId}/checks/${checkId}`, grade);
    }
    case 'approve':
      return approve(cast.reviewer);
    case 'approve too':
      return approve(second);
    case 'attach':
      return cast.owner.call('POST', `/runs/${runId}/evidence`, { kind: 'note', label: 'Late', content: 'Late news.' });
  }
}

const runView = z.object({
  state: z.string(),
  verdict: z.object({ digest: z.string() }).nullable(),
  approvals: z.array(z.object({ verdict_digest: z.string(), voided: z.boolean() })),
});

async function observed({ runId }: Prepared, accepted: readonly Step[]): Promise<Outcome> {
  const run = expectAnswer(await cast.owner.call('GET', `/runs/${runId}`), [200], runView);
  const standing = run.approvals.filter(({ voided }) => !voided);
  for (const { verdict_digest } of standing) expect(verdict_digest).toBe(run.verdict?.digest);
  return { state: run.state, standing: standing.length, accepted: steps.filter((step) => accepted.includes(step)) };
}

/** Only these say that a step was accepted or refused; anything else is no outcome. */
function isAccepted({ status, json }: Answer): boolean {
  if (status === 200 || status === 201) return true;
  expect({ status, json }).toMatchObject({ status: 409 });
  return false;
}

const show = (outcome: Outcome): string => JSON.stringify(outcome);

test.each(orders.map((order) => [order.join(', '), order] as const))(
  'one after the other: %s ends as the design says',
  async (_name, order) => {
    const prepared = takeWaiting();
    const accepted: Step[] = [];
    for (const step of order) if (isAccepted(await take(step, prepared))) accepted.push(step);
    expect(await observed(prepared, accepted)).toEqual(expected(order));
  },
);

const possible = new Set(orders.map((order) => show(expected(order))));

test.each(orders.map((order) => [order.join(', '), order] as const))(
  'all at once, sent as %s: what comes of it is what one of the orders gives',
  async (_name, order) => {
    const prepared = takeWaiting();
    const answers = await Promise.all(order.map(async (step) => ({ step, answer: await take(step, prepared) })));
    const accepted = answers.filter(({ answer }) => isAccepted(answer)).map(({ step }) => step);
    expect([...possible]).toContain(show(await observed(prepared, accepted)));
  },
);
