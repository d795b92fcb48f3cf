import { expect, test } from '@jest/globals';
import { planCommand } from '../../src/planner/cli.js';

async function plan(...args: string[]): Promise<{ code: number; out: string; error: string }> {
  let [out, error] = ['', ''];
  const code = await planCommand(args, { out: (text) => (out += text), error: (text) => (error += text) });
  return { code, out, error };
}

test('a plan that can be used ends with 0, one that cannot with 1, no plan with 2', async () => {
  const fits = await plan('--model', 'llama-3.1-8b', '--gpu', 'h100-sxm');
  expect([fits.code, fits.out]).toEqual([0, expect.stringContaining('fits: ')]);
  expect((await plan('--model', 'llama-3.1-405b', '--gpu', 't4')).code).toBe(1);
  for (const bad of [
    [],
    ['--model', 'x'],
    ['--model', 'llama-3.1-8b', '--context', 'many'],
    ['nowhere.json'],
    ['--colour'],
  ]) {
    const { code, error } = await plan(...bad);
    expect([bad, code, error.length > 20]).toEqual([bad, 2, true]);
  }
});

test('--json is the answer of the API, --options what can be asked', async () => {
  const { code, out } = await plan(
    '--model',
    'llama-3.1-8b',
    '--gpu',
    'l4',
    '--goal',
    'train',
    '--method',
    'qlora',
    '--quantization',
    'nf4',
    '--context',
    '1024',
    '--json',
  );
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ goal: 'train', verdict: 'fits', cook_recipe: { method: 'qlora' } });
  expect(JSON.parse((await plan('--options')).out)).toHaveProperty('gpus');
});
