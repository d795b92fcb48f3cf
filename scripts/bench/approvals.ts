import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { expectAnswer, type Caller } from '../demo/client.js';
import { invite, signIn } from '../demo/journey.js';
import { startParts, startRoles } from '../stack/stack.js';
import { gradedRun, type Ask } from './graded-run.js';

const VOICES = 50;
const ROUNDS = 11;
const id = z.object({ id: z.string() });
const decided = z.object({
  state: z.string(),
  approvals: z.array(z.object({ decision: z.string(), voided: z.boolean() })),
});

/** Fifty people approve or reject one run at once: how long until each has an answer, and whether one decision stands. */
export async function benchApprovals(): Promise<void> {
  process.env['RATE_LIMIT_PER_MINUTE'] = '10000000';
  const folder = mkdtempSync(join(tmpdir(), 'dc-bench-'));
  const parts = await startParts({ folder, ui: false, fixedPorts: false, durable: true });
  try {
    await startRoles(parts);
    const owner = await signIn(parts.publicUrl, 'owner@example.test', 'O', 'Bench');
    const grader = await invite(parts.publicUrl, owner, 'grader@example.test', 'G');
    const project = expectAnswer(await owner.call('POST', '/projects', { name: 'Bench' }), [201], id);
    const voices: Caller[] = [];
    for (let i = 0; i < VOICES; i += 1)
      voices.push(await invite(parts.publicUrl, owner, `voice${String(i)}@example.test`, 'V'));
    const rounds: Round[] = [];
    for (let i = 0; i < ROUNDS; i += 1)
      rounds.push(await decideAtOnce(owner, await gradedRun({ owner, grader, projectId: project.id }, ask), voices));
    report(rounds);
  } finally {
    await parts.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const ask: Ask = async (caller, method, path, body, schema) =>
  expectAnswer(await caller.call(method, path, body), [200, 201], schema);

interface Round {
  readonly milliseconds: number;
  /** How many were answered with each status. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Whether exactly one decision stands, and it is the state of the run. */
  readonly agrees: boolean;
}

async function decideAtOnce(owner: Caller, runId: string, voices: readonly Caller[]): Promise<Round> {
  const begin = performance.now();
  const answers = await Promise.all(
    voices.map((who, i) => {
      const body = i % 2 === 0 ? { decision: 'approved' } : { decision: 'rejected', note: 'No.' };
      return who.call('POST', `/runs/${runId}/approve`, body);
    }),
  );
  const milliseconds = performance.now() - begin;
  const statuses = new Map<number, number>();
  for (const { status } of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1);
  const { state, approvals } = expectAnswer(await owner.call('GET', `/runs/${runId}`), [200], decided);
  const standing = approvals.filter(({ voided }) => !voided);
  return { milliseconds, statuses, agrees: standing.length === 1 && standing[0]?.decision === state };
}

function report(rounds: readonly Round[]): void {
  const times = rounds.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
  const seen = rounds.flatMap(({ statuses }) => [...statuses]);
  const count = (status: number): number =>
    seen.reduce((sum, [known, times]) => (known === status ? sum + times : sum), 0);
  const kinds = [...new Set(seen.map(([status]) => status))].sort((a, b) => a - b);
  process.stdout.write(
    `${String(VOICES)} approvals and rejections of one run at once, ${String(ROUNDS)} runs: one decision stands in ` +
      `${String(rounds.filter(({ agrees }) => agrees).length)}; until the last answer p50 ` +
      `${(times[Math.floor(times.length / 2)] ?? 0).toFixed(0)} ms, worst ${(times.at(-1) ?? 0).toFixed(0)} ms; ` +
      `answers ${kinds.map((status) => `${String(status)}: ${String(count(status))}`).join(', ')}\n`,
  );
}
