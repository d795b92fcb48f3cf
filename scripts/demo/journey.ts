import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { createCaller, expectAnswer, expectRefusal, type Answer, type Caller } from './client.js';
import type { Example } from './example.js';
import { largeFile } from './large-file.js';

export interface Journey {
  readonly runId: string;
  readonly receiptId: string;
  readonly shareUrl: string;
  /** How many commands the run's workflow was given. */
  readonly commands: number;
  readonly owner: Caller;
}
/** Runs one step and tells of it when it is done. */
export type Step = <T>(name: string, work: () => Promise<T>, tell?: (result: T) => string) => Promise<T>;

const id = z.object({ id: z.string() });
const session = z.object({ access_token: z.string(), principal: z.object({ user: z.object({ email: z.string() }) }) });
const mailbox = z.object({ data: z.array(z.object({ text: z.string() })) });
const audit = z.object({
  verdict: z.object({ outcome: z.string(), because: z.array(z.string()) }).nullable(),
  checks: z.array(z.object({ id: z.string(), rule_id: z.string(), status: z.string(), detail: z.string() })),
});
const receipt = z.object({ id: z.string(), share_url: z.string() });

async function tokenFromMail(anyone: Caller, email: string): Promise<string> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const { data } = expectAnswer(
      await anyone.call('GET', `/dev/mailbox?to=${encodeURIComponent(email)}`),
      [200],
      mailbox,
    );
    const token = /[?&]token=([\w-]+)/.exec(data[0]?.text ?? '')?.[1];
    if (token !== undefined) return token;
    await pause(100);
  }
  throw new Error(`No mail came for ${email}.`);
}

export async function signIn(base: string, email: string, name: string, organization: string): Promise<Caller> {
  const anyone = createCaller(base);
  expectAnswer(await anyone.call('POST', '/auth/request', { email }), [202], z.unknown());
  const token = await tokenFromMail(anyone, email);
  const { access_token } = expectAnswer(
    await anyone.call('POST', '/auth/verify', { token, name, organization }),
    [200],
    session,
  );
  return createCaller(base, access_token);
}

export async function invite(base: string, owner: Caller, email: string, name: string): Promise<Caller> {
  expectAnswer(await owner.call('POST', '/org/invites', { email, role: 'member', approver: true }), [201], id);
  const anyone = createCaller(base);
  const token = await tokenFromMail(anyone, email);
  const { access_token } = expectAnswer(
    await anyone.call('POST', '/auth/accept-invite', { token, name }),
    [200],
    session,
  );
  return createCaller(base, access_token);
}

/** Takes one example from sign-in to a minted receipt, over HTTP only, the way people and agents would. */
export async function travel(base: string, example: Example, step: Step): Promise<Journey> {
  let commands = 0;
  const owner = await step('Owner signs in by magic link', () =>
    signIn(base, 'ada@example.test', 'Ada Moreau', 'Brightwater Analytics'),
  );
  const reviewer = await step('Second person accepts an invitation', () =>
    invite(base, owner, 'grace@example.test', 'Grace Okafor'),
  );
  const grader = await step('Third person accepts an invitation', () =>
    invite(base, owner, 'mary@example.test', 'Mary Sundaram'),
  );
  const runId = await step(
    'Project and run on a flight sheet',
    async () => {
      const project = expectAnswer(await owner.call('POST', '/projects', { name: example.project }), [201], id);
      const body = {
        project_id: project.id,
        title: example.title,
        flight_sheet: { slug: example.flight_sheet },
        assignment: example.assignment,
      };
      commands += 1;
      return expectAnswer(await owner.call('POST', '/runs', body), [201], id).id;
    },
    (run) => run,
  );
  const run = `/runs/${runId}`;
  const post: Post = async (path, body) => {
    commands += 1;
    return owner.call('POST', run + path, body);
  };
  const ids = await step(
    'Evidence attached',
    () => attachEvidence(example, post),
    (list) => `${String(list.length)} items`,
  );
  await step(
    'Large file uploaded, hashed on the way',
    async () => {
      const { generator, filename, media_type, ...fields } = example.upload;
      const bytes = largeFile(generator);
      commands += 1;
      expectAnswer(
        await owner.upload(`${run}/evidence/upload`, fields, { name: filename, bytes, type: media_type }),
        [201],
        id,
      );
      return bytes.length;
    },
    (size) => `${(size / 1e6).toFixed(1)} MB`,
  );

  const attempt = async (submission: unknown, title: string): Promise<z.output<typeof audit>> => {
    await step(`${title} submitted`, async () =>
      expectAnswer(await post('/submission', cite(submission, ids)), [201], id),
    );
    const found = await step(
      'Flight-sheet audit',
      async () => expectAnswer(await post('/audit'), [200], audit),
      showAudit,
    );
    await step('Core check engine', async () => expectAnswer(await post('/checks'), [200], audit), showAudit);
    await step(
      'Human rules graded by the third person',
      async () => {
        const open = found.checks.filter(({ status }) => status === 'open');
        for (const check of open) {
          const grade = example.grades.find(({ rule }) => rule === check.rule_id);
          if (!grade) throw new Error(`${example.name} has no grade for ${check.rule_id}.`);
          const { rule: _rule, ...body } = grade;
          commands += 1;
          expectAnswer(await grader.call('PATCH', `${run}/checks/${check.id}`, body), [200], id);
        }
        return open.length;
      },
      (count) => `${String(count)} rules`,
    );
    return found;
  };

  await attempt(example.submission, 'Submission');
  if (example.correction !== undefined) {
    await step(
      'Approval of a grounded run, refused',
      async () => expectRefusal(await reviewer.call('POST', `${run}/approve`, { decision: 'approved' }), 'grounded'),
      (detail) => detail,
    );
    await attempt(example.correction, 'Corrected submission');
  }
  await step(
    'Approval by the submitter, refused',
    async () =>
      expectRefusal(await owner.call('POST', `${run}/approve`, { decision: 'approved' }), 'separation_of_duties'),
    (detail) => detail,
  );
  await step('Approval by the second person', async () => {
    commands += 1;
    return expectAnswer(await reviewer.call('POST', `${run}/approve`, { decision: 'approved' }), [200], z.unknown());
  });
  const minted = await step(
    'Receipt minted and logged',
    async () => expectAnswer(await post('/receipt'), [201], receipt),
    (one) => one.id,
  );
  await step('Receipt asked for again: the same one', async () => {
    const again = expectAnswer(await owner.call('POST', `${run}/receipt`), [200], receipt);
    if (again.id !== minted.id) throw new Error('A second receipt was minted.');
  });
  return { runId, receiptId: minted.id, shareUrl: minted.share_url, commands, owner };
}

type Post = (path: string, body?: unknown) => Promise<Answer>;

async function attachEvidence(example: Example, post: Post): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const { file, ...fields } of example.evidence) {
    const content = readFileSync(join(example.folder, file), 'utf8');
    ids.push(expectAnswer(await post('/evidence', { ...fields, content }), [201], id).id);
  }
  return ids;
}

/** Puts evidence ids where the example says evidence:0, evidence:1 … */
function cite(submission: unknown, ids: readonly string[]): unknown {
  const text = JSON.stringify(submission).replaceAll(/"evidence:(\d+)"/g, (_, i: string) =>
    JSON.stringify(ids[Number(i)] ?? ''),
  );
  const cited: unknown = JSON.parse(text);
  return cited;
}

function showAudit({ verdict, checks }: z.output<typeof audit>): string {
  const flags = checks.filter(({ status }) => status === 'flag' || status === 'error');
  const open = checks.filter(({ status }) => status === 'open').length;
  const found = flags.map(({ rule_id, detail }) => `\n           ${rule_id}: ${detail}`).join('');
  return `${verdict ? verdict.outcome : `${String(open)} rules wait for a person`}${found}`;
}
