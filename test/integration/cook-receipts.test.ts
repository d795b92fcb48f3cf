import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import type { Caller } from '../../scripts/demo/client.js';
import { eventually } from '../../scripts/stack/processes.js';
import { claimAnswer, cookIn, digest, measured, next, report, requestCook, upload } from '../rig/cook.js';
import { assemble, internalKeyOf, type Cast } from '../rig/people.js';
import { openRig, type Rig } from '../rig/rig.js';
import { openRun } from '../rig/run.js';

let rig: Rig;
let cast: Cast;
let runner: Caller;
let runId: string;
beforeAll(async () => {
  rig = await openRig();
  cast = await assemble(rig);
  runner = await internalKeyOf(rig, ['runner:claim']);
  runId = await openRun(cast);
});
afterAll(() => rig.close());

test('the receipt of a cook seals recipe, base model, runner with its versions, and the whole measurement', async () => {
  const cookId = await requestCook(cast.owner, runId, {
    base_model: { slug: 'tiny', revision: '2', sha256: digest('base') },
    hyper: { seed: 7 },
    eval: { suite: 'held-out', metric: 'accuracy', n: 100 },
  });
  const capabilities = { gpu: ['cpu'], driver: '550.54', framework: 'torch 2.9' };
  const claimed = claimAnswer.parse((await next(runner, 'sealed', 20, { capabilities, labels: ['eu'] })).json);
  const file = await upload(runner, claimed, 'weights');
  await report(runner, claimed, 'complete', { metrics: measured(100, 40), artifacts: [file] });
  const { receipt_id: receiptId, recipe_sha256: recipeSha256 } = z
    .looseObject({ receipt_id: z.string(), recipe_sha256: z.string() })
    .parse(await cookIn(cast.owner, cookId, 'completed'));
  const bundled = z.looseObject({ bundle: z.looseObject({ dsseEnvelope: z.looseObject({ payload: z.string() }) }) });
  const { bundle } = await eventually('the bundle', 10_000, async () =>
    bundled.parse((await cast.owner.call('GET', `/receipts/${receiptId}`)).json),
  );
  const statement: unknown = JSON.parse(Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString('utf8'));
  expect(statement).toMatchObject({
    predicateType: 'https://slsa.dev/provenance/v1',
    subject: [{ name: 'outcome' }, { name: 'model.json', digest: { sha256: file.sha256 } }],
    predicate: {
      buildDefinition: {
        externalParameters: { method: 'full', hyper: { seed: 7 }, dataPolicy: '1.0.0', attempt: 1 },
        resolvedDependencies: [
          { name: 'recipe', digest: { sha256: recipeSha256 } },
          { name: 'base-model', digest: { sha256: digest('base') } },
        ],
      },
      runDetails: {
        builder: {
          id: 'https://defendablecloud.com/runners/http/v1',
          version: { driver: '550.54', framework: 'torch 2.9' },
        },
      },
      defendablecloud_receipt: {
        schemaVersion: '1.1.0',
        runner: { labels: ['eu'], transport: 'http', gpu: ['cpu'] },
        lift: {
          claim: 'accuracy rose by 0.4000',
          before: 0.6,
          after: 1,
          difference: 0.4,
          n: 100,
          seeds: [1],
          overlap: { evalItems: 100, overlapping: 0 },
        },
      },
    },
  });
  expect(JSON.stringify(statement)).not.toContain('sealed');
  const { lower, upper } = z
    .object({
      predicate: z.object({
        defendablecloud_receipt: z.object({ lift: z.object({ lower: z.number(), upper: z.number() }) }),
      }),
    })
    .parse(statement).predicate.defendablecloud_receipt.lift;
  expect([lower > 0.2, lower < 0.4, upper > 0.4, upper < 0.6]).toEqual([true, true, true, true]);
});
