import { expect, test } from '@jest/globals';
import { canonicalJson } from '../../src/kernel/canonical-json.js';
import { APPROVAL_STATEMENT, readPublicKey } from '../../src/receipts/approval-signature.js';
import { approvalRungs } from '../../src/verifier/approvals.js';
import type { Rung } from '../../src/verifier/ladder.js';
import { heldKey, type HeldKey } from '../rig/approver-key.js';

const ORIGIN = 'ledger.test/2026';
const AT = '2026-11-25T10:00:00.000Z';
const key = heldKey();

const signature = (changes: Readonly<Record<string, unknown>> = {}, holder: HeldKey = key) => {
  const statement = canonicalJson({
    type: APPROVAL_STATEMENT,
    decision: 'approved',
    verdict: { outcome: 'conditional', digest: 'verdict' },
    evidenceRoot: 'evidence',
    submissionManifest: 'submission',
    flightSheet: 'sheet',
    audience: ORIGIN,
    origin: 'https://app.example',
    nonce: 'nonce',
    notBefore: '2026-11-25T09:00:00.000Z',
    notAfter: '2026-12-25T09:00:00.000Z',
    ...changes,
  });
  return { scheme: 'ed25519', publicKey: holder.publicKey, statement, value: holder.sign(statement) };
};
const approval = (changes: Readonly<Record<string, unknown>> = {}) => ({
  decision: 'approved',
  at: AT,
  person: 'person-3',
  signature: signature(),
  ...changes,
});
const receipt = (changes: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => ({
  kind: 'run',
  decision: 'approved',
  issuedAt: '2026-11-26T10:00:00.000Z',
  flightSheet: {
    digest: 'sheet',
    rules: [
      { id: 'MTH-001', audit: 'flight_sheet', result: 'waived' },
      { id: 'HUM-001', audit: 'flight_sheet', result: 'pass', gradedBy: ['person-2'] },
    ],
  },
  evidence: { root: 'evidence' },
  submission: { manifest: 'submission', person: 'person-1' },
  verdict: { outcome: 'conditional', digest: 'verdict' },
  approvals: [approval()],
  waivers: [{ rule: 'MTH-001', audit: 'flight_sheet', expiresAt: '2026-12-01T00:00:00.000Z' }],
  fourEyes: { forbid_submitter: true, single_person: false },
  ...changes,
});
const ask = (given: Readonly<Record<string, unknown>>, ...known: readonly HeldKey[]): readonly Rung[] =>
  approvalRungs(
    given,
    ORIGIN,
    known.flatMap(({ publicKey }) => readPublicKey(publicKey) ?? []),
  );
const failures = (rungs: readonly Rung[]): readonly string[] =>
  rungs.filter(({ state }) => state === 'failed').map(({ name, detail }) => `${name}: ${detail}`);

test('a receipt whose approval is signed, whose people are distinct and whose waivers lived proves all three', () => {
  const rungs = ask(receipt(), key);
  expect(rungs.map(({ name, state }) => `${name} ${state}`)).toEqual([
    'approval 1 signed proven',
    'approvers proven',
    'separation of duties proven',
    'waivers proven',
  ]);
});

test.each([
  ['decision', { decision: 'rejected' }],
  ['verdict', { verdict: { outcome: 'conditional', digest: 'else' } }],
  ['outcome', { verdict: { outcome: 'cleared', digest: 'verdict' } }],
  ['evidence', { evidenceRoot: 'else' }],
  ['submission', { submissionManifest: 'else' }],
  ['flight sheet', { flightSheet: 'else' }],
  ['audience', { audience: 'else' }],
])('a signature that was given for another %s does not carry this approval', (what, changes) => {
  const rungs = ask(receipt({ approvals: [approval({ signature: signature(changes) })] }), key);
  expect(failures(rungs)).toEqual([
    `approval 1 signed: it was signed for another ${what}`,
    'approvers: 1 of 1 not signed by a key you know',
  ]);
});

test('a signature speaks in its time alone: neither for an earlier decision nor for a later receipt', () => {
  const early = receipt({ approvals: [approval({ at: '2026-11-25T08:00:00.000Z' })] });
  const late = receipt({
    issuedAt: '2026-12-25T09:00:00.001Z',
    waivers: [],
    flightSheet: { digest: 'sheet', rules: [] },
  });
  for (const one of [early, late, receipt({ issuedAt: 'never', waivers: [], flightSheet: { digest: 'sheet' } })])
    expect(failures(ask(one))).toEqual(['approval 1 signed: it was not valid then']);
});

test('a forged approval shows: unsigned, by another key, or one key for two people', () => {
  const unsigned = receipt({ approvals: [approval({ signature: null })] });
  expect(failures(ask(unsigned))).toEqual([]);
  expect(failures(ask(unsigned, key))).toEqual(['approvers: 1 of 1 not signed by a key you know']);
  expect(failures(ask(receipt({ approvals: [] }), key))).toEqual(['approvers: 0 of 0 not signed by a key you know']);
  const other = heldKey();
  const byOther = receipt({ approvals: [approval({ signature: signature({}, other) })] });
  expect(failures(ask(byOther))).toEqual([]);
  expect(failures(ask(byOther, key))).toHaveLength(1);
  expect(failures(ask(byOther, key, other))).toEqual([]);
  const twice = receipt({ approvals: [approval(), approval({ person: 'person-4' })] });
  expect(failures(ask(twice))).toEqual(['approvers are distinct: two approvals are signed by one key']);
  const broken = { ...signature(), value: 'AAAA' };
  expect(failures(ask(receipt({ approvals: [approval({ signature: broken })] })))).toEqual([
    'approval 1 signed: the signature does not fit',
  ]);
  const strange = { ...signature(), scheme: 'rot13' };
  expect(failures(ask(receipt({ approvals: [approval({ signature: strange })] })))).toHaveLength(1);
});

test('a withheld signature is no forgery, but proves nothing to who asks for a key', () => {
  const withheld = receipt({ approvals: [approval({ signature: { scheme: 'ed25519' } })] });
  expect(ask(withheld)[0]).toMatchObject({ state: 'not_asked' });
  expect(ask(withheld, key)[1]).toMatchObject({ name: 'approvers', state: 'missing' });
});

test('an approver who submitted, or graded everything alone, shows; one person for all is said', () => {
  const by = (person: string, fourEyes: object) =>
    failures(ask(receipt({ approvals: [approval({ person })], fourEyes })));
  expect(by('person-1', { forbid_submitter: true })).toEqual(['separation of duties: the submitter approved']);
  expect(by('person-2', { forbid_submitter: true })).toEqual([
    'separation of duties: the only one who graded approved',
  ]);
  const relaxed = { forbid_submitter: false, forbid_sole_grader: false };
  expect(by('person-1', relaxed)).toEqual([]);
  const rules = [{ id: 'HUM-001', result: 'pass', gradedBy: ['person-1'] }];
  const alone = (fourEyes: object) =>
    receipt({
      approvals: [approval({ person: 'person-1' })],
      flightSheet: { digest: 'sheet', rules },
      fourEyes,
      waivers: [],
    });
  expect(failures(ask(alone({ ...relaxed, single_person: true })))).toEqual([]);
  expect(failures(ask(alone({ ...relaxed, single_person: false })))).toEqual([
    'separation of duties: one person did all, and it is not said',
  ]);
});

test('a waiver that had ended, or that nobody gave, shows', () => {
  const ended = [{ rule: 'MTH-001', audit: 'flight_sheet', expiresAt: '2026-11-26T10:00:00.000Z' }];
  expect(failures(ask(receipt({ waivers: ended })))).toEqual(['waivers: the one of MTH-001 had ended']);
  expect(failures(ask(receipt({ waivers: [] })))).toEqual(['waivers: MTH-001 is waived by nobody']);
  expect(failures(ask(receipt({ waivers: [{ ...ended[0], audit: 'core' }] })))).toHaveLength(1);
});

test('a receipt of an earlier version has none of these rungs, and one of another kind approves nothing', () => {
  const earlier = receipt({
    submission: { manifest: 'submission' },
    waivers: undefined,
    approvals: [{ decision: 'approved' }],
  });
  expect(ask(earlier)).toEqual([]);
  expect(ask({ kind: 'incident' })).toEqual([]);
  expect(failures(ask({ kind: 'incident' }, key))).toHaveLength(1);
});
