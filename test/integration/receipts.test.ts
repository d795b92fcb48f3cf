import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { z } from 'zod';
import { expectAnswer } from '../../scripts/demo/client.js';
import { assemble, type Cast } from '../rig/people.js';
import { openRig, type Rig } from '../rig/rig.js';
import { approvedRun, audit, auditedRun, goodSubmission, gradeAll, receiptAnswer, stateOf } from '../rig/run.js';

let rig: Rig;
let cast: Cast;
beforeAll(async () => {
  rig = await openRig();
  cast = await assemble(rig);
});
afterAll(() => rig.close());

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
  await gradeAll(cast.reviewer, runId, await audit(cast.owner, runId));
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
