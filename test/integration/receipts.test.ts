import { createPublicKey } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { jwtVerify } from 'jose';
import { z } from 'zod';
import { reveal } from '../../src/receipts/disclosures.js';
import { expectAnswer, type Answer } from '../../scripts/demo/client.js';
import { assemble, signUp, type Cast } from '../rig/people.js';
import { openRig, type Rig } from '../rig/rig.js';
import {
  approvedRun,
  audit,
  auditedRun,
  goodSubmission,
  gradeAll,
  receiptAnswer,
  refusalOf,
  stateOf,
} from '../rig/run.js';

let rig: Rig;
let cast: Cast;
beforeAll(async () => {
  rig = await openRig();
  cast = await assemble(rig);
});
afterAll(() => rig.close());

const keys = z.object({ data: z.array(z.object({ purpose: z.string(), public_key: z.string() })) });
const bundleSchema = z.object({ dsseEnvelope: z.object({ payload: z.string() }) });
const statementSchema = z.object({ predicateType: z.string(), predicate: z.looseObject({}) });
const statementIn = (bundle: unknown): z.output<typeof statementSchema> =>
  statementSchema.parse(
    JSON.parse(Buffer.from(bundleSchema.parse(bundle).dsseEnvelope.payload, 'base64').toString('utf8')),
  );

test('a rejected run gets a receipt of its rejection, and the approval after it supersedes that', async () => {
  const runId = await auditedRun(cast);
  await cast.reviewer.call('POST', `/runs/${runId}/approve`, { decision: 'rejected', note: 'Not convincing.' });
  const asked = await cast.owner.call('POST', `/runs/${runId}/receipt`);
  expect(asked.status).toBe(201);
  const rejection = receiptAnswer.parse(asked.json);
  expect(await stateOf(cast.owner, runId)).toBe('rejected');
  expect(statementIn(rejection.bundle).predicate).toMatchObject({
    decision: 'rejected',
    revision: 1,
    supersedes: null,
  });
  const again = await cast.owner.call('POST', `/runs/${runId}/receipt`);
  expect(again.status).toBe(200);
  expect(receiptAnswer.parse(again.json).id).toBe(rejection.id);

  await cast.owner.call('POST', `/runs/${runId}/submission`, goodSubmission());
  await gradeAll(cast.grader, runId, await audit(cast.owner, runId));
  await cast.reviewer.call('POST', `/runs/${runId}/approve`, { decision: 'approved' });
  const approved = receiptAnswer.parse(
    expectAnswer(await cast.owner.call('POST', `/runs/${runId}/receipt`), [201], z.unknown()),
  );
  expect(statementIn(approved.bundle).predicate).toMatchObject({
    decision: 'approved',
    revision: 2,
    supersedes: { receiptId: rejection.id },
  });
  expect(await stateOf(cast.owner, runId)).toBe('receipted');
});

test('the predicate of a minted receipt is what the schema served at its type says', async () => {
  const runId = await approvedRun(cast);
  const receipt = receiptAnswer.parse((await cast.owner.call('POST', `/runs/${runId}/receipt`)).json);
  const { predicateType, predicate } = statementIn(receipt.bundle);
  const path = `/schemas${new URL(predicateType).pathname}`;
  const schema = expectAnswer(await rig.call('GET', path), [200], z.looseObject({ $id: z.string() }));
  expect(schema.$id).toBe(predicateType);
  const ajv = new Ajv2020({ strictTypes: false });
  formats.default(ajv);
  const check = ajv.compile(schema);
  check(predicate);
  expect(check.errors ?? []).toEqual([]);
  expect((await rig.call('GET', '/schemas/receipt/unheard/v1')).status).toBe(404);
});

test('anyone may have a receipt checked; a forged one fails a rung, and nonsense is refused', async () => {
  const runId = await approvedRun(cast);
  const { bundle } = receiptAnswer.parse((await cast.owner.call('POST', `/runs/${runId}/receipt`)).json);
  const ask = async (receipt: unknown): Promise<Answer> => rig.call('POST', '/verify', { receipt });
  expect((await ask(bundle)).json).toMatchObject({ ok: true });
  const forged: unknown = JSON.parse(
    JSON.stringify(bundle).replace(/"sig":"./, (head) => (head.endsWith('A') ? '"sig":"B' : '"sig":"A')),
  );
  expect((await ask(forged)).json).toMatchObject({ ok: false });
  expect(refusalOf(await ask({ hello: 'world' }))).toBe('400 invalid_request');
});

test('a receipt leaves as COSE and as SD-JWT; another organization gets neither', async () => {
  const runId = await approvedRun(cast);
  const { id } = receiptAnswer.parse((await cast.owner.call('POST', `/runs/${runId}/receipt`)).json);
  const stranger = await signUp(rig);
  for (const form of ['cose', 'sd-jwt', 'bundle', 'tlog-proof']) {
    expect((await cast.owner.call('GET', `/receipts/${id}/${form}`)).status).toBe(200);
    expect(refusalOf(await stranger.call('GET', `/receipts/${id}/${form}`))).toBe('404 not_found');
  }
  const { json } = await cast.owner.call('GET', `/receipts/${id}/sd-jwt`);
  const [jwt = '', ...disclosures] = z.string().parse(json).split('~').slice(0, -1);
  const { data } = expectAnswer(await rig.call('GET', '/ledger/keys'), [200], keys);
  const key = createPublicKey(data.find(({ purpose }) => purpose === 'receipt')?.public_key ?? '');
  const { payload } = await jwtVerify(jwt, key, { algorithms: ['ES256'] });
  expect(payload).toMatchObject({ receiptId: id, vct: 'https://defendablecloud.com/receipt/run/v1' });
  expect(JSON.stringify(reveal(payload, disclosures))).toContain('"title":"A run"');
});
