import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { expectAnswer, type Answer, type Caller } from '../../scripts/demo/client.js';
import { statementChallenge, readPublicKey } from '../../src/receipts/approval-signature.js';
import { parseReceipt } from '../../src/verifier/bundle.js';
import type { Rung } from '../../src/verifier/ladder.js';
import { verifyReceipt } from '../../src/verifier/receipt.js';
import { parseTrust } from '../../src/verifier/trust.js';
import {
  askForKey,
  challengeAnswer,
  heldKey,
  keyAnswer,
  offerKey,
  passkey,
  registerKey,
  type ChallengeAnswer,
  type HeldKey,
  type KeyAnswer,
  type Passkey,
} from '../rig/approver-key.js';
import { administer } from '../rig/database.js';
import { assemble, join, signedInHoursAgo, signUp, type Cast, type PersonInTest } from '../rig/people.js';
import { openRig, type Rig } from '../rig/rig.js';
import { attach, auditedRun, receiptAnswer, refusalOf, stateOf } from '../rig/run.js';

let rig: Rig;
let cast: Cast;
let second: PersonInTest;
beforeAll(async () => {
  rig = await openRig();
  cast = await assemble(rig);
  second = await join(rig, cast.owner, 'member', true);
}, 60_000);
afterAll(() => rig.close());

const askFor = async (who: Caller, runId: string, decision = 'approved'): Promise<ChallengeAnswer> =>
  expectAnswer(await who.call('POST', `/runs/${runId}/approval-challenge`, { decision }), [201], challengeAnswer);
const offerPasskey = (
  who: Caller,
  key: Passkey,
  { id, webauthn }: ChallengeAnswer,
  origin = rig.base,
): Promise<Answer> =>
  who.call('POST', '/approver-keys', {
    scheme: 'webauthn',
    name: 'Phone',
    challenge_id: id,
    credential: key.create(webauthn.challenge, origin),
  });
const decide = (who: Caller, runId: string, signature: unknown, decision = 'approved'): Promise<Answer> =>
  who.call('POST', `/runs/${runId}/approve`, { decision, note: 'Read it whole.', signature });
/** Signs a challenge with a held key, as `decide` takes it. */
const signedBy = (key: HeldKey, registered: KeyAnswer, { id, statement }: ChallengeAnswer) => ({
  challenge_id: id,
  key_id: registered.id,
  value: key.sign(statement),
});

/** What the offline verifier says of a run's share, for a reader who knows some approvers' keys. */
async function verify(runId: string, approvers: readonly string[]): Promise<readonly Rung[]> {
  const minted = receiptAnswer.parse((await cast.owner.call('POST', `/runs/${runId}/receipt`)).json);
  const share = (await rig.call('GET', new URL(minted.share_url).pathname)).json;
  const trust = parseTrust(JSON.stringify((await rig.call('GET', '/ledger/keys')).json));
  const keys = approvers.flatMap((pem) => readPublicKey(pem) ?? []);
  return verifyReceipt(parseReceipt(share), trust, { evidence: new Map(), expect: [], approvers: keys }).rungs;
}
const stateIn = (rungs: readonly Rung[], name: string): string | undefined =>
  rungs.find((rung) => rung.name === name)?.state;

test('a person registers a key by signing with it, once, and the whole organization sees its public half', async () => {
  const key = heldKey();
  const challenge = await askForKey(cast.reviewer);
  const forged = { ...key, sign: heldKey().sign };
  expect(refusalOf(await offerKey(cast.reviewer, forged, challenge))).toBe('422 approver_signature');
  expect(refusalOf(await offerKey(second, key, challenge))).toBe('410 challenge_gone');
  const registered = expectAnswer(await offerKey(cast.reviewer, key, challenge), [201], keyAnswer);
  expect(refusalOf(await offerKey(cast.reviewer, key, challenge))).toBe('410 challenge_gone');
  expect(refusalOf(await offerKey(second, key, await askForKey(second)))).toBe('409 key_taken');
  const list = z.object({ data: z.array(keyAnswer) });
  const seen = async (who: Caller) => expectAnswer(await who.call('GET', '/approver-keys'), [200], list).data;
  expect(await seen(cast.owner)).toContainEqual(expect.objectContaining(registered));
  expect(await seen(await signUp(rig))).toEqual([]);
});

test('a signed approval is carried in the receipt, and the verifier tells its key from any other', async () => {
  const key = heldKey();
  const registered = await registerKey(cast.reviewer, key);
  const runId = await auditedRun(cast);
  const given = await decide(cast.reviewer, runId, signedBy(key, registered, await askFor(cast.reviewer, runId)));
  expect(given.json).toMatchObject({ run_state: 'approved', approval: { signature: { scheme: 'ed25519' } } });
  const rungs = await verify(runId, [registered.public_key]);
  expect(stateIn(rungs, 'approval 1 signed')).toBe('proven');
  expect(stateIn(rungs, 'approvers')).toBe('proven');
  expect(stateIn(await verify(runId, [heldKey().publicKey]), 'approvers')).toBe('failed');
  expect(stateIn(await verify(runId, []), 'approvers')).toBeUndefined();
});

test('an approval that the server invents shows to whoever knows the key of the person', async () => {
  const key = heldKey();
  const registered = await registerKey(cast.reviewer, key);
  const runId = await auditedRun(cast);
  // The server decides for the second person and writes the reviewer's name under it.
  await second.call('POST', `/runs/${runId}/approve`, { decision: 'approved' });
  await administer(
    rig.ownerUrl,
    `update approvals set approver_id = '${cast.reviewer.userId}' where run_id = '${runId}'`,
  );
  expect(stateIn(await verify(runId, [registered.public_key]), 'approvers')).toBe('failed');
  // It also puts a true signature of the reviewer, for another run, under it.
  const other = await auditedRun(cast);
  await decide(cast.reviewer, other, signedBy(key, registered, await askFor(cast.reviewer, other)));
  const stolen = await auditedRun(cast);
  await second.call('POST', `/runs/${stolen}/approve`, { decision: 'approved' });
  await administer(
    rig.ownerUrl,
    `update approvals set signature = (select signature from approvals where run_id = '${other}') where run_id = '${stolen}'`,
  );
  const rungs = await verify(stolen, [registered.public_key]);
  expect(stateIn(rungs, 'approval 1 signed')).toBe('failed');
  expect(stateIn(rungs, 'approvers')).toBe('failed');
});

test('a passkey registers and signs; a copy of it that counts less is refused', async () => {
  const key = passkey();
  const challenge = await askForKey(second);
  expect(refusalOf(await offerPasskey(second, key, challenge, 'https://evil.example'))).toBe('422 approver_signature');
  const registered = expectAnswer(await offerPasskey(second, key, challenge), [201], keyAnswer);
  const sign = async (runId: string, counter?: number): Promise<Answer> => {
    const { id, webauthn } = await askFor(second, runId);
    expect(webauthn['allowCredentials']).toContainEqual(expect.objectContaining({ id: key.id }));
    const given = key.get(webauthn.challenge, rig.base, counter === undefined ? {} : { counter });
    return decide(second, runId, { challenge_id: id, key_id: registered.id, ...given });
  };
  const runId = await auditedRun(cast);
  expect((await sign(runId, 7)).json).toMatchObject({ run_state: 'approved' });
  expect(stateIn(await verify(runId, [registered.public_key]), 'approvers')).toBe('proven');
  const next = await auditedRun(cast);
  expect(refusalOf(await sign(next, 7))).toBe('422 approver_signature');
  expect((await sign(next, 8)).json).toMatchObject({ run_state: 'approved' });
});

test('a signature is for one person, one run, one decision and one verdict, and a refusal spends nothing', async () => {
  const key = heldKey();
  const registered = await registerKey(cast.reviewer, key);
  const theirs = heldKey();
  const foreign = await registerKey(second, theirs);
  const runId = await auditedRun(cast);
  const challenge = await askFor(cast.reviewer, runId);
  const signature = signedBy(key, registered, challenge);
  const refusal = async (given: unknown, decision?: string): Promise<string> =>
    refusalOf(await decide(cast.reviewer, runId, given, decision));
  expect(await refusal({ ...signature, key_id: foreign.id, value: theirs.sign(challenge.statement) })).toBe(
    '422 approver_signature',
  );
  expect(await refusal(signature, 'rejected')).toBe('422 approver_signature');
  expect(await refusal({ ...signature, value: key.sign('something else') })).toBe('422 approver_signature');
  expect(statementChallenge(challenge.statement)).toBe(challenge.webauthn.challenge);
  const other = await auditedRun(cast);
  expect(refusalOf(await decide(cast.reviewer, other, signature))).toBe('410 challenge_gone');
  expect((await decide(cast.reviewer, runId, signature)).json).toMatchObject({ run_state: 'approved' });
  await administer(rig.ownerUrl, `update approver_challenges set expires_at = now() where run_id = '${other}'`);
  const late = await askFor(cast.reviewer, other);
  await administer(rig.ownerUrl, `update approver_challenges set expires_at = now() where id = '${late.id}'`);
  expect(refusalOf(await decide(cast.reviewer, other, signedBy(key, registered, late)))).toBe('410 challenge_gone');
});

test('a verdict that changed between the question and the answer is not the one that was signed', async () => {
  const key = heldKey();
  const registered = await registerKey(cast.reviewer, key);
  const runId = await auditedRun(cast);
  const challenge = await askFor(cast.reviewer, runId);
  await administer(
    rig.ownerUrl,
    `update runs set verdict = jsonb_set(verdict, '{digest}', '"${'0'.repeat(64)}"'),
    verdict_digest = '${'0'.repeat(64)}' where id = '${runId}'`,
  );
  expect(refusalOf(await decide(cast.reviewer, runId, signedBy(key, registered, challenge)))).toBe(
    '409 verdict_changed',
  );
  await attach(cast.owner, runId, 'Late news.');
  expect(
    refusalOf(await cast.reviewer.call('POST', `/runs/${runId}/approval-challenge`, { decision: 'approved' })),
  ).toBe('409 not_audited');
});

test('what a revoked key signed, and what was signed too long ago, is no approval to mint on', async () => {
  const [lost, kept] = [heldKey(), heldKey()];
  const gone = await registerKey(cast.reviewer, lost);
  const good = await registerKey(cast.reviewer, kept);
  const runId = await auditedRun(cast);
  const approve = async (key: HeldKey, registered: KeyAnswer): Promise<string> => {
    const given = await decide(cast.reviewer, runId, signedBy(key, registered, await askFor(cast.reviewer, runId)));
    return expectAnswer(given, [200], z.looseObject({ approval: z.looseObject({ id: z.string() }) })).approval.id;
  };
  const mint = (): Promise<Answer> => cast.owner.call('POST', `/runs/${runId}/receipt`);
  const first = await approve(lost, gone);
  expect(refusalOf(await second.call('DELETE', `/approver-keys/${gone.id}`))).toBe('403 own_keys_only');
  expect((await cast.reviewer.call('DELETE', `/approver-keys/${gone.id}`)).status).toBe(200);
  expect((await cast.owner.call('DELETE', `/approver-keys/${gone.id}`)).status).toBe(200);
  expect(refusalOf(await mint())).toBe('409 not_approved');
  await cast.reviewer.call('POST', `/runs/${runId}/approvals/${first}/withdraw`);
  expect(await stateOf(cast.owner, runId)).toBe('audited');
  const challenge = await askFor(cast.reviewer, runId);
  expect(refusalOf(await decide(cast.reviewer, runId, signedBy(lost, gone, challenge)))).toBe('422 approver_signature');
  await approve(kept, good);
  const stale = `update approvals set signature = jsonb_set(signature, '{notAfter}', '"2020-01-01T00:00:00.000Z"')`;
  await administer(rig.ownerUrl, `${stale} where run_id = '${runId}' and voided_at is null`);
  expect(refusalOf(await mint())).toBe('409 not_approved');
});

test('an unsigned decision is not signed afterwards without being taken back', async () => {
  const key = heldKey();
  const registered = await registerKey(cast.reviewer, key);
  const runId = await auditedRun(cast);
  const challenge = await askFor(cast.reviewer, runId);
  await cast.reviewer.call('POST', `/runs/${runId}/approve`, { decision: 'approved' });
  const later = await decide(cast.reviewer, runId, signedBy(key, registered, challenge));
  expect(refusalOf(later)).toBe('409 already_decided');
});

test('registering and asking need a recent sign-in, the approver flag and a run of the organization', async () => {
  const stale = await signedInHoursAgo(rig, cast.reviewer, 13);
  const runId = await auditedRun(cast);
  for (const path of ['/approver-keys/challenge', `/runs/${runId}/approval-challenge`]) {
    const body = path.endsWith('approval-challenge') ? { decision: 'approved' } : undefined;
    expect(refusalOf(await stale.call('POST', path, body))).toBe('401 step_up_required');
    expect(refusalOf(await cast.grader.call('POST', path, body))).toBe('403 forbidden');
  }
  const stranger = await signUp(rig);
  const answer = await stranger.call('POST', `/runs/${runId}/approval-challenge`, { decision: 'approved' });
  expect(refusalOf(answer)).toBe('404 not_found');
});
