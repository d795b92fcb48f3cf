import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { expectAnswer } from '../../scripts/demo/client.js';
import { assemble, join, signUp, type Cast } from '../rig/people.js';
import { openRig, type Rig } from '../rig/rig.js';
import { refusalOf } from '../rig/run.js';

let rig: Rig;
let cast: Cast;
beforeAll(async () => {
  rig = await openRig();
  cast = await assemble(rig);
}, 60_000);
afterAll(() => rig.close());

const ownRule = {
  id: 'OUR-001',
  kind: 'auto',
  check: 'POL-001',
  expr: 'length(output.text) > 3',
  title: 'There is a text',
  category: 'structure',
  severity: 'critical',
  bucket: 'work_defect',
  remediation: 'Write more.',
};
const own = (changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  slug: 'our-memo',
  version: '1.0.0',
  name: 'Our memo',
  lane: 'agent',
  summary: 'What we look at.',
  assignment_instructions: 'Write it.',
  required_output_schema: { type: 'object', required: ['text'], properties: { text: { type: 'string' } } },
  strict_submission: false,
  rules: [ownRule],
  tolerance: { pass: 0.01, info: 0.02, major: 0.1, absolute_floor: 0 },
  four_eyes: { required_approvals: 1, forbid_submitter: true, forbid_grader: false },
  standards: [],
  state: 'active',
  ...changes,
});
const summary = z.looseObject({ slug: z.string(), version: z.string(), digest: z.string(), state: z.string() });

test('a published sheet is found, listed, and the frozen copy of a run outlives a new version', async () => {
  const first = expectAnswer(await cast.owner.call('POST', '/flight-sheets', own()), [201], summary);
  const again = expectAnswer(await cast.owner.call('POST', '/flight-sheets', own()), [201], summary);
  expect(again.digest).toBe(first.digest);
  const body = { project_id: cast.projectId, title: 'On our sheet', flight_sheet: { slug: 'our-memo' } };
  const run = expectAnswer(await cast.owner.call('POST', '/runs', body), [201], z.looseObject({ id: z.string() }));
  const next = own({ version: '1.10.0', summary: 'Changed.' });
  expectAnswer(await cast.owner.call('POST', '/flight-sheets/our-memo/versions', next), [201], summary);
  const older = own({ version: '1.9.0', summary: 'Between.' });
  expectAnswer(await cast.owner.call('POST', '/flight-sheets/our-memo/versions', older), [201], summary);
  expect((await cast.reviewer.call('GET', '/flight-sheets/our-memo')).json).toMatchObject({ version: '1.10.0' });
  expect((await cast.owner.call('GET', '/flight-sheets/our-memo/versions')).json).toMatchObject({
    data: [{ version: '1.10.0' }, { version: '1.9.0' }, { version: '1.0.0', digest: first.digest }],
  });
  expect((await cast.owner.call('GET', `/runs/${run.id}`)).json).toMatchObject({
    flight_sheet: { version: '1.0.0', digest: first.digest },
  });
  await cast.owner.call('POST', `/runs/${run.id}/submission`, {
    agent: { name: 'a', version: '1' },
    output: { text: 'no' },
  });
  expect((await cast.owner.call('POST', `/runs/${run.id}/audit`)).json).toMatchObject({
    verdict: { outcome: 'grounded' },
    checks: [{ rule_id: 'OUR-001', status: 'flag', observed: 'false' }],
  });
});

test('other content under a published version is refused, and so is a slug of the library', async () => {
  await cast.owner.call('POST', '/flight-sheets', own({ slug: 'fixed-one' }));
  const other = own({ slug: 'fixed-one', summary: 'Other.' });
  expect(refusalOf(await cast.owner.call('POST', '/flight-sheets', other))).toBe('409 sheet_version_exists');
  expect(refusalOf(await cast.owner.call('POST', '/flight-sheets', own({ slug: 'numeric-memo' })))).toBe(
    '409 name_taken',
  );
  expect(refusalOf(await cast.owner.call('POST', '/flight-sheets/no-such/versions', own({ slug: 'no-such' })))).toBe(
    '404 not_found',
  );
});

test('a sheet with faults is refused with all of them, and the lint says the same without keeping it', async () => {
  const bad = own({
    slug: 'bad-one',
    colour: 'red',
    rules: [{ ...ownRule, severity: 'minor', expr: 'nothing > 1' }],
  });
  const refused = await cast.owner.call('POST', '/flight-sheets', bad);
  expect(refusalOf(refused)).toBe('422 invalid_flight_sheet');
  const { errors } = z.looseObject({ errors: z.array(z.looseObject({ code: z.string() })) }).parse(refused.json);
  expect(errors.map(({ code }) => code).sort()).toEqual(['no_critical_rule', 'undeclared_operand', 'unknown_key']);
  expect((await cast.owner.call('POST', '/flight-sheets/lint', bad)).json).toMatchObject({ ok: false, faults: errors });
  expect(refusalOf(await cast.owner.call('GET', '/flight-sheets/bad-one'))).toBe('404 not_found');
});

test('a sheet may be sent as YAML', async () => {
  const lines = JSON.stringify(own({ slug: 'yaml-one' }), null, 2);
  const send = (body: string): Promise<Response> =>
    fetch(`${rig.base}/flight-sheets`, {
      method: 'POST',
      headers: { authorization: `Bearer ${cast.owner.token}`, 'content-type': 'application/yaml' },
      body,
    });
  expect((await send(`# our own\n${lines}\n`)).status).toBe(201);
  const bomb = await send('a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n');
  expect(refusalOf({ status: bomb.status, json: await bomb.json() })).toBe('400 malformed_json');
});

test('a version goes on and never back, and only an active one opens runs', async () => {
  await cast.owner.call('POST', '/flight-sheets', own({ slug: 'moving', state: 'draft' }));
  const open = (): Promise<{ status: number; json: unknown }> =>
    cast.owner.call('POST', '/runs', { project_id: cast.projectId, title: 'R', flight_sheet: { slug: 'moving' } });
  const move = (state: string): Promise<{ status: number; json: unknown }> =>
    cast.owner.call('PATCH', '/flight-sheets/moving/versions/1.0.0', { state });
  expect(refusalOf(await open())).toBe('409 inactive_flight_sheet');
  expect((await move('active')).json).toMatchObject({ state: 'active' });
  expect((await open()).status).toBe(201);
  expect((await move('deprecated')).status).toBe(200);
  expect(refusalOf(await open())).toBe('409 inactive_flight_sheet');
  expect(refusalOf(await move('active'))).toBe('409 sheet_state');
  expect((await move('retired')).status).toBe(200);
});

test('another organization does not see a sheet, and a member does not publish', async () => {
  await cast.owner.call('POST', '/flight-sheets', own({ slug: 'private-one' }));
  const stranger = await signUp(rig);
  expect(refusalOf(await stranger.call('GET', '/flight-sheets/private-one'))).toBe('404 not_found');
  expect(refusalOf(await stranger.call('GET', '/flight-sheets/private-one/versions'))).toBe('404 not_found');
  const move = await stranger.call('PATCH', '/flight-sheets/private-one/versions/1.0.0', { state: 'retired' });
  expect(refusalOf(move)).toBe('404 not_found');
  expect((await stranger.call('POST', '/flight-sheets', own({ slug: 'private-one' }))).status).toBe(201);
  const member = await join(rig, cast.owner, 'member', true);
  expect(refusalOf(await member.call('POST', '/flight-sheets', own({ slug: 'theirs' })))).toBe('403 forbidden');
});

test('the list pages through library and own sheets in one order, each slug once', async () => {
  const page = z.object({ data: z.array(summary), next_cursor: z.string().nullable() });
  const seen: string[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const found = expectAnswer(await cast.owner.call('GET', `/flight-sheets?limit=5${query}`), [200], page);
    seen.push(...found.data.map(({ slug }) => slug));
    cursor = found.next_cursor;
  }
  expect(seen).toEqual([...new Set(seen)].sort());
  expect(seen).toContain('agent-work');
  expect(seen).toContain('our-memo');
});
