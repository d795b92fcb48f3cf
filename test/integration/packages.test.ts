import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildPackage } from '../../scripts/packages/build.js';
import { recipes } from '../../scripts/packages/library.js';
import { publishBuilt } from '../../scripts/packages/publish.js';
import { manifestRoot } from '../../src/datasets/package.js';
import { openRig, type Rig } from '../rig/rig.js';

/** Enough rows for two groups of no file, few enough for a test; `npm run datasets` makes all of them. */
const ROWS = 2000;
let rig: Rig;
const folder = mkdtempSync(join(tmpdir(), 'dc-packages-'));
beforeAll(async () => {
  rig = await openRig({ sequencer: false });
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await rig.close();
});

/** Manifest roots of the first 2,000 rows: another digit here is another package, and needs a new version. */
const ROOTS: Readonly<Record<string, string>> = {
  'arithmetic-chains': 'e37079a81e399651c82cf690e210d193a4737c9e26c37a4853cb2ee746873d76',
  'invoice-lines': '935742c616c6f8d80e47c0799ca73f59237793798b07b7753d97538c42468c89',
  'agent-tool-calls': 'c17cd2e31c40f4900f571b7b65bcc017cd9d0c79bae877bd6cdb1e7ecbf80ce5',
  'model-memory-grid': '3836a45a31a76099a925754f260c0d8881935fda4e599993408f40f44deb83bb',
};

test('the packages that come with the product are at least four, and one has a million rows', () => {
  expect(recipes.length).toBeGreaterThanOrEqual(4);
  expect(Math.max(...recipes.map(({ rows }) => rows))).toBeGreaterThanOrEqual(1_000_000);
});

test.each(recipes)('$slug is made of the same bytes each time, is accepted and published', async (recipe) => {
  const built = await buildPackage(recipe, folder, ROWS);
  const again = await buildPackage(recipe, join(folder, 'again'), ROWS);
  expect(again.package).toEqual(built.package);
  expect([recipe.slug, manifestRoot(built.package.files)]).toEqual([recipe.slug, ROOTS[recipe.slug]]);
  const parts = { database: rig.database, objects: rig.evidenceObjects };
  await publishBuilt(parts, built);
  await publishBuilt(parts, built);
  const { json, status } = await rig.call('GET', `/datasets/catalog/${recipe.slug}`);
  expect([status, json]).toMatchObject([200, { records: ROWS, state: 'listed' }]);
  const samples = await rig.call('GET', `/datasets/catalog/${recipe.slug}/samples`);
  expect(samples.json).toMatchObject({ rows: built.samples });
});
