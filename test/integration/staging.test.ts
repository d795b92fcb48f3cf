import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { expectAnswer, expectRefusal, type Caller } from '../../scripts/demo/client.js';
import { builtInCards } from '../../src/models/cards/library.js';
import { firstPolicy } from '../../src/training-policies/library.js';
import { fileOf, packageOf, table, upload } from '../rig/datasets.js';
import { assemble, internalKeyOf, type Cast } from '../rig/people.js';
import { entitle } from '../rig/membership.js';
import { openRig, type Rig } from '../rig/rig.js';
import { auditAnswer, goodSubmission } from '../rig/run.js';

const staged = z.object({ id: z.string().nullable(), state: z.string(), version: z.string() });
const id = z.object({ id: z.string() });
let rig: Rig;
let cast: Cast;
let stager: Caller;
let publisher: Caller;
beforeAll(async () => {
  rig = await openRig();
  cast = await assemble(rig);
  stager = await internalKeyOf(rig, ['catalog:stage']);
  publisher = await internalKeyOf(rig, ['catalog:stage']);
});
afterAll(() => rig.close());

const words = table('jsonl', 20);
const bodyOf = (slug: string, changes: object = {}): Record<string, unknown> => ({
  package: { ...packageOf({ slug }), ...changes },
  samples: [{ id: 0, word: 'w0' }],
});
const stageWords = async (slug: string): Promise<string> => {
  await upload(rig, fileOf('words.jsonl', words, 20), words);
  const answer = await stager.call('POST', '/internal/datasets', bodyOf(slug));
  return expectAnswer(answer, [201], staged).id ?? '';
};

test('what one key staged another publishes, each step on record, and a repetition changes nothing', async () => {
  const stagedId = await stageWords('two-keys');
  expectRefusal(await rig.call('GET', '/datasets/catalog/two-keys'), 'not_found');
  const preview = await publisher.call('GET', `/internal/staged/${stagedId}`);
  expect(preview.json).toMatchObject({ preview: { package: { slug: 'two-keys' } } });
  expectRefusal(await stager.call('POST', `/internal/staged/${stagedId}/publish`), 'four_eyes_required');
  const answers = await Promise.all(
    [1, 2, 3].map(() => publisher.call('POST', `/internal/staged/${stagedId}/publish`)),
  );
  for (const answer of answers) expect(expectAnswer(answer, [200], staged).state).toBe('published');
  expect((await rig.call('GET', '/datasets/catalog/two-keys')).status).toBe(200);
  const events = z.object({ data: z.array(z.object({ action: z.string(), slug: z.string() })) });
  const { data } = expectAnswer(await stager.call('GET', '/internal/catalog/events'), [200], events);
  expect(data.filter(({ slug }) => slug === 'two-keys').map(({ action }) => action)).toEqual([
    'dataset.published',
    'dataset.staged',
  ]);
});

test('a dry run checks and keeps nothing', async () => {
  const answer = await stager.call('POST', '/internal/datasets?dry_run=true', bodyOf('dry'));
  expect(expectAnswer(answer, [200], staged)).toMatchObject({ id: null, state: 'valid' });
});

test.each([
  ['a sample with personal data', { samples: [{ id: 1, word: 'write to jane.doe@corp.com' }] }, 'personal_data'],
  ['a sample with a field of no schema', { samples: [{ id: 1, other: 'x' }] }, 'unknown_field'],
  ['a licence that SPDX does not know', { licence: { id: 'MY-LICENCE' } }, 'licence'],
  ['a digest that is not of the text', { licence: { text_sha256: 'a'.repeat(64) } }, 'digest'],
])('%s is refused', async (_name, { samples, licence }: { samples?: unknown; licence?: object }, code) => {
  const given = packageOf({ slug: 'bad' });
  const body = {
    package: { ...given, licence: { ...given.licence, ...licence } },
    samples: samples ?? [],
  };
  const answer = await stager.call('POST', '/internal/datasets?dry_run=true', body);
  expectRefusal(answer, 'invalid_package');
  expect(answer.json).toMatchObject({ errors: [{ code }] });
});

test('a licence of its own is taken with its text; a path in a file name and 51 samples are not', async () => {
  const given = packageOf({ slug: 'own-licence' });
  const own = { package: { ...given, licence: { ...given.licence, id: 'LicenseRef-Own' } }, samples: [] };
  expectAnswer(await stager.call('POST', '/internal/datasets?dry_run=true', own), [200], staged);
  const files = given.files.map((file) => ({ ...file, name: '../../etc/passwd' }));
  expectRefusal(await stager.call('POST', '/internal/datasets', bodyOf('path', { files })), 'invalid_request');
  const samples = Array.from({ length: 51 }, (_, at) => ({ id: at, word: 'w' }));
  expectRefusal(await stager.call('POST', '/internal/datasets', { package: given, samples }), 'invalid_request');
});

test('bytes that were never uploaded are missed', async () => {
  const file = fileOf('words.jsonl', table('jsonl', 3), 3);
  const answer = await stager.call('POST', '/internal/datasets', bodyOf('missing', { files: [file] }));
  expectRefusal(answer, 'invalid_package');
  expect(answer.json).toMatchObject({ errors: [{ path: '/files/0', code: 'missing' }] });
});

test('a model card and a policy are staged, published and withdrawn the same way', async () => {
  const card = { ...builtInCards[0], slug: 'staged-model' };
  const model = expectAnswer(await stager.call('POST', '/internal/models', card), [201], staged);
  expectAnswer(await publisher.call('POST', `/internal/staged/${model.id ?? ''}/publish`), [200], staged);
  expect((await rig.call('GET', '/models/catalog/staged-model')).status).toBe(200);
  const gone = { version: card.revision, state: 'withdrawn', reason: 'Recalled.' };
  expect((await stager.call('POST', '/internal/models/staged-model/state', gone)).status).toBe(200);
  expect((await rig.call('GET', '/models/catalog/staged-model')).json).toMatchObject({ state: 'withdrawn' });
  const next = { ...firstPolicy, version: '1.1.0', effective_at: '2026-11-25T00:00:01.000Z' };
  const policy = expectAnswer(await stager.call('POST', '/internal/policies', next), [201], staged);
  expectAnswer(await publisher.call('POST', `/internal/staged/${policy.id ?? ''}/publish`), [200], staged);
  expect((await rig.call('GET', '/policy/training-data')).json).toMatchObject({ version: '1.1.0' });
  const other = { ...next, contact: 'somebody else' };
  const conflict = expectAnswer(await stager.call('POST', '/internal/policies', other), [201], staged);
  expectRefusal(await publisher.call('POST', `/internal/staged/${conflict.id ?? ''}/publish`), 'catalog_conflict');
});

test('the engine looks at the pin of a run and at the grants of what it declares', async () => {
  await publisher.call('POST', `/internal/staged/${await stageWords('declared')}/publish`);
  const { manifest_root: sha256 } = z
    .object({ manifest_root: z.string() })
    .parse((await rig.call('GET', '/datasets/catalog/declared')).json);
  await entitle(rig, cast.owner.orgId);
  const given = packageOf({ slug: 'declared' });
  const grant = { purpose: 'To train on it.', uses: ['training'], accept_licence_sha256: given.licence.text_sha256 };
  expectAnswer(await cast.owner.call('POST', '/datasets/catalog/declared/download', grant), [201], id);
  const datasets = [
    { slug: 'declared', version: '1.0.0', sha256, use: 'training' },
    { slug: 'never-granted', version: '1.0.0', sha256, use: 'training' },
  ];
  const { id: runId } = expectAnswer(
    await cast.owner.call('POST', '/runs', {
      project_id: cast.projectId,
      title: 'A run',
      flight_sheet: { slug: 'numeric-memo' },
      inputs: { datasets },
    }),
    [201],
    id,
  );
  const card = z.object({ card_sha256: z.string() }).parse((await rig.call('GET', '/models/catalog/phi-4')).json);
  await cast.owner.call('POST', '/models/catalog/phi-4/pin', { ...card, run_id: runId });
  const submission = goodSubmission({ model: { name: 'phi-4', revision: '4' } });
  expectAnswer(await cast.owner.call('POST', `/runs/${runId}/submission`, submission), [201], id);
  const { checks } = expectAnswer(await cast.owner.call('POST', `/runs/${runId}/checks`), [200], auditAnswer);
  const of = (rule: string): unknown => checks.find(({ rule_id }) => rule_id === rule);
  expect(of('PRV-001')).toMatchObject({ status: 'pass' });
  expect(of('PRV-002')).toMatchObject({ status: 'pass' });
  expect(of('PRV-003')).toMatchObject({ status: 'flag', detail: 'never-granted@1.0.0 was never granted' });
  expect(of('PRV-005')).toMatchObject({ status: 'flag' });
});
