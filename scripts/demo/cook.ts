import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { eventually, type Running } from '../stack/processes.js';
import { root } from '../stack/paths.js';
import { makeRunnerKey } from '../stack/runner-key.js';
import { startRole, type Parts } from '../stack/stack.js';
import { expectAnswer, type Caller } from './client.js';
import { signIn, type Step } from './journey.js';

const id = z.object({ id: z.string() });
const cookSchema = z.looseObject({
  state: z.string(),
  attempt: z.number(),
  receipt_id: z.string().nullable(),
  lift: z.looseObject({ claim: z.string(), n: z.number().nullable(), ci95: z.array(z.number()).nullable() }).nullable(),
});
type CookShown = z.output<typeof cookSchema>;

/** What the example runner trains: a small classifier of messages, on data it ships. */
export const exampleRecipe = (epochs: number): Record<string, unknown> => ({
  base_model: { slug: 'message-triage', revision: '1' },
  method: 'full',
  hyper: { epochs, learning_rate: 0.05, seed: 1 },
  eval: { suite: 'held-out', metric: 'accuracy', n: 200 },
  outputs: [{ kind: 'model' }],
  data_policy_ack: '1',
});

/** Opens a run and asks for a cook on it. */
export async function askForCook(owner: Caller, epochs: number): Promise<string> {
  const project = expectAnswer(
    await owner.call('POST', '/projects', { name: `Cooks ${randomBytes(3).toString('hex')}` }),
    [201],
    id,
  );
  const run = { project_id: project.id, title: 'Triage of messages', flight_sheet: { slug: 'numeric-memo' } };
  const { id: runId } = expectAnswer(await owner.call('POST', '/runs', run), [201], id);
  return expectAnswer(await owner.call('POST', `/runs/${runId}/cook`, exampleRecipe(epochs)), [201], id).id;
}

/** Waits until a cook is over. */
export const cookOver = (owner: Caller, cookId: string, milliseconds = 120_000): Promise<CookShown> =>
  eventually('the end of the cook', milliseconds, async () => {
    const cook = expectAnswer(await owner.call('GET', `/cooks/${cookId}`), [200], cookSchema);
    if (!['completed', 'failed', 'cancelled', 'expired'].includes(cook.state)) throw new Error(cook.state);
    return cook;
  });

/** Starts the example HTTP runner, which is Python and knows nothing of us but the protocol. */
export function startHttpRunner(
  parts: Pick<Parts, 'nursery' | 'publicUrl'>,
  key: string,
  work: string,
  name: string,
): Running {
  const script = join(root, 'examples', 'runner', 'runner.py');
  const env = { ...process.env, RUNNER_KEY: key };
  return parts.nursery.run(name, 'python3', [script, parts.publicUrl, '--name', name, '--work', work], { env });
}

/** One cook over each transport: claimed, trained, evaluated, uploaded, receipted. */
export async function cookDemo(parts: Parts, folder: string, step: Step): Promise<void> {
  const owner = await step('Owner signs in by magic link', () =>
    signIn(parts.publicUrl, 'ada@example.test', 'Ada Moreau', 'Brightwater Analytics'),
  );
  const key = await step('Runner key made by the operator', () => makeRunnerKey(parts.env));
  const tell = ({ state, attempt, receipt_id, lift }: CookShown): string =>
    `${state} in attempt ${String(attempt)}, ${lift?.claim ?? 'nothing measured'} (n ${String(lift?.n)}, 95 % ${String(lift?.ci95?.map((bound) => bound.toFixed(3)))}), receipt ${String(receipt_id)}`;
  const cook = async (): Promise<CookShown> => {
    const shown = await cookOver(owner, await askForCook(owner, 6));
    if (shown.state !== 'completed') throw new Error(`The cook is ${shown.state}.`);
    return shown;
  };
  const http = startHttpRunner(parts, key, join(folder, 'http'), 'example-http');
  await step('Cook by an HTTP runner', cook, tell);
  await http.stop();
  const native = await startRole(parts, 'cooks', {
    RUNNER_URL: parts.publicUrl,
    RUNNER_KEY: key,
    RUNNER_NAME: 'example-native',
    RUNNER_COMMAND: `python3 ${join(root, 'examples', 'runner', 'train.py')}`,
    RUNNER_FOLDER: join(folder, 'native'),
  });
  await step('Cook by a native Temporal runner', cook, tell);
  await native.stop();
}
