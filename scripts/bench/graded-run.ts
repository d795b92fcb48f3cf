import { z } from 'zod';
import type { Caller } from '../demo/client.js';

/** The people of a run, and where it is opened. */
export interface Cast {
  readonly owner: Caller;
  readonly reviewer: Caller;
  readonly grader: Caller;
  readonly projectId: string;
}
/** Sends a command and reads its answer. */
export type Ask = <S extends z.ZodType>(
  caller: Caller,
  method: string,
  path: string,
  body: unknown,
  schema: S,
) => Promise<z.output<S>>;
const id = z.object({ id: z.string() });
const audited = z.object({ checks: z.array(z.object({ id: z.string(), rule_id: z.string(), status: z.string() })) });

/** Takes a run to where it waits for its approval, in eight commands. */
export async function gradedRun({ owner, grader, projectId }: Omit<Cast, 'reviewer'>, ask: Ask): Promise<string> {
  const run = await ask(
    owner,
    'POST',
    '/runs',
    { project_id: projectId, title: 'Bench', flight_sheet: { slug: 'numeric-memo' } },
    id,
  );
  const path = `/runs/${run.id}`;
  for (const content of ['Before: 100', 'After: 120'])
    await ask(owner, 'POST', `${path}/evidence`, { kind: 'note', label: 'n', content: `${content} ${run.id}` }, id);
  const output = {
    title: 'Growth',
    summary: 'Revenue rose from one hundred to one hundred and twenty.',
    figures: [{ name: 'g', value: 20, unit: 'percent' }],
    recommendation: 'Keep going as before.',
  };
  const calculations = [{ name: 'g', expression: '(b - a) / a * 100', inputs: { a: 100, b: 120 }, claimed: 20 }];
  await ask(owner, 'POST', `${path}/submission`, { agent: { name: 'bench', version: '1' }, output, calculations }, id);
  const { checks } = await ask(owner, 'POST', `${path}/audit`, undefined, audited);
  await ask(owner, 'POST', `${path}/checks`, undefined, audited);
  for (const check of checks.filter(({ status }) => status === 'open')) {
    const response = check.rule_id === 'HUM-001' ? 1 : 'follows';
    await ask(grader, 'PATCH', `${path}/checks/${check.id}`, { status: 'pass', response }, id);
  }
  return run.id;
}
