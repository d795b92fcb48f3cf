import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { expectAnswer } from '../../scripts/demo/client.js';
import { optionsView } from '../../src/planner/catalog.js';
import { assessmentView } from '../../src/planner/schema.js';
import { openRig, type Rig } from '../rig/rig.js';
import { refusalOf } from '../rig/run.js';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig.close());

test('anyone reads the options and gets an assessment of what they name', async () => {
  const options = expectAnswer(await rig.call('GET', '/stack-planner/options'), [200], optionsView);
  const body = { goal: 'serve', model: { slug: options.models[0]?.slug }, hardware: [{ gpu: options.gpus[0]?.slug }] };
  const answer = expectAnswer(await rig.call('POST', '/stack-assessment', body), [200], assessmentView);
  expect(answer.table_sha256).toBe(options.table_sha256);
});

test('bad input is refused by code, and a plan that cannot work is an answer', async () => {
  const refused = async (changes: object): Promise<string> => {
    const body = { goal: 'serve', model: { slug: 'llama-3.1-8b' }, ...changes };
    return refusalOf(await rig.call('POST', '/stack-assessment', body));
  };
  expect(await refused({ context: 1_000_000_000 })).toBe('400 invalid_request');
  expect(await refused({ concurrency: -1 })).toBe('400 invalid_request');
  expect(await refused({ surprise: true })).toBe('400 invalid_request');
  expect(await refused({ quantization: 'q9' })).toBe('422 unknown_quantization');
  expect(await refused({ model: { slug: 'gpt-9' } })).toBe('422 unknown_model');
  expect(await refused({ hardware: [{ gpu: 'cpu' }] })).toBe('422 unknown_gpu');
  const shape = {
    layers: 2,
    hidden: 64,
    heads: 4,
    kv_heads: 3,
    head_dim: 16,
    intermediate: 64,
    vocab: 100,
    context: 64,
  };
  expect(await refused({ model: { architecture: shape } })).toBe('422 invalid_architecture');
  const impossible = { goal: 'serve', model: { slug: 'llama-3.1-405b' }, targets: { max_usd_per_hour: 0.01 } };
  const answer = expectAnswer(await rig.call('POST', '/stack-assessment', impossible), [200], assessmentView);
  expect(answer.verdict).toBe('no_fit');
});
