import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { expectAnswer } from '../../scripts/demo/client.js';
import { cardSha256 } from '../../src/models/card.js';
import { builtInCards } from '../../src/models/cards/library.js';
import { LICENCE_SHA256, packageOf, publish } from '../rig/datasets.js';
import { entitle } from '../rig/membership.js';
import { assemble, internalKeyOf, type Cast } from '../rig/people.js';
import { openRig, type Rig } from '../rig/rig.js';
import { approvedRun, attach, audit, goodSubmission, openRun, refusalOf } from '../rig/run.js';

let rig: Rig;
let cast: Cast;
beforeAll(async () => {
  rig = await openRig();
  cast = await assemble(rig);
});
afterAll(() => rig.close());

const incidents = z.object({
  data: z.array(
    z.looseObject({
      kind: z.string(),
      severity: z.string(),
      source: z.string(),
      title: z.string(),
      occurrences: z.number(),
    }),
  ),
});
const incidentsOf = async (query: string): Promise<z.output<typeof incidents>['data']> =>
  expectAnswer(await cast.owner.call('GET', `/incidents?${query}`), [200], incidents).data;

/** Replaces the stored bytes of a run's only evidence, behind our back. */
async function forge(runId: string, bytes: string): Promise<void> {
  const [row] = await rig.database.tenant(cast.owner.orgId, ({ trx }) =>
    trx('evidence').where({ runId }).select<{ objectKey: string }[]>('objectKey'),
  );
  await rig.evidenceObjects.remove(row?.objectKey ?? '');
  if (bytes !== '') await rig.evidenceObjects.putOnce(row?.objectKey ?? '', Buffer.from(bytes), 'text/plain');
}

test('evidence that changed after the approval is no receipt, is one incident, and freezes the run', async () => {
  const run = await approvedRun(cast);
  await forge(run, 'Revenue: 100, then 200.');
  const mint = (): Promise<string> => cast.owner.call('POST', `/runs/${run}/receipt`).then(refusalOf);
  expect(await mint()).toBe('409 evidence_integrity');
  expect(await mint()).toBe('409 evidence_integrity');
  expect(await incidentsOf(`run_id=${run}`)).toMatchObject([
    { kind: 'evidence_integrity', severity: 'sev1', source: 'engine', occurrences: 1 },
  ]);
  expect((await cast.owner.call('GET', `/runs/${run}`)).json).toMatchObject({ frozen: true });
});

test('evidence that changed before the audit is told by the audit; gone bytes are changed bytes', async () => {
  const run = await openRun(cast);
  await attach(cast.owner, run, 'Before the forgery.');
  expectAnswer(await cast.owner.call('POST', `/runs/${run}/submission`, goodSubmission()), [201], z.unknown());
  await forge(run, '');
  await audit(cast.owner, run);
  await audit(cast.owner, run);
  expect(await incidentsOf(`run_id=${run}`)).toMatchObject([{ kind: 'evidence_integrity', occurrences: 1 }]);
});

test('a dataset and a model that are withdrawn while in use are an incident of those who use them alone', async () => {
  const desk = await internalKeyOf(rig, ['catalog:stage']);
  await entitle(rig, cast.owner.orgId);
  await publish(rig, packageOf({ slug: 'leaving' }));
  await publish(rig, packageOf({ slug: 'unused' }));
  const grant = { purpose: 'To test withdrawals.', accept_licence_sha256: LICENCE_SHA256 };
  expectAnswer(await cast.owner.call('POST', '/datasets/catalog/leaving/download', grant), [201], z.unknown());
  const [card] = builtInCards;
  if (!card) throw new Error('no card');
  const pin = { card_sha256: cardSha256(card) };
  expectAnswer(await cast.owner.call('POST', `/models/catalog/${card.slug}/pin`, pin), [201], z.unknown());
  const gone = (version: string): object => ({ version, state: 'withdrawn', reason: 'Recalled.' });
  for (const slug of ['leaving', 'unused'])
    expect((await desk.call('POST', `/internal/datasets/${slug}/state`, gone('1.0.0'))).status).toBe(200);
  expect((await desk.call('POST', `/internal/models/${card.slug}/state`, gone(card.revision))).status).toBe(200);
  const told = (await incidentsOf('kind=policy_violation')).map(({ title }) => title).sort();
  expect(told).toEqual([
    'The dataset leaving 1.0.0 was withdrawn while in use',
    `The model ${card.slug} ${card.revision} was withdrawn while in use`,
  ]);
});

test('an incident links only what is there', async () => {
  const body = { title: 'Linked', kind: 'other', severity: 'sev4' };
  const linked = (links: object): Promise<string> =>
    cast.owner.call('POST', '/incidents', { ...body, links }).then(refusalOf);
  expect(await linked({ cooks: ['cok_00000000000000000000000000'] })).toBe('404 not_found');
  expect(await linked({ datasets: ['nowhere-to-be-found'] })).toBe('404 not_found');
});
