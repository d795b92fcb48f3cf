import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { datasetExport } from '../../src/datasets/exports.js';
import { manifestRoot, totalBytes, totalRecords } from '../../src/datasets/package.js';
import { datasetExports } from '../../src/datasets/view.js';
import type { Reply } from '../../src/http/define-route.js';
import { cardSha256 } from '../../src/models/card.js';
import { builtInCards } from '../../src/models/cards/library.js';
import { modelExport } from '../../src/models/exports.js';
import { modelExports } from '../../src/models/view.js';
import { buildPackage } from './build.js';
import { recipes } from './library.js';

const PUBLIC_URL = 'https://defendablecloud.com';
const PUBLISHED = new Date('2026-11-01T00:00:00.000Z');
/** Rows of each package that is made for its exports. */
const ROWS = 100;

const textOf = (reply: Reply<unknown>): string => {
  if ('body' in reply) return JSON.stringify(reply.body);
  if (typeof reply.content !== 'string') throw new Error('textOf: an export is text');
  return reply.content;
};

/** Writes every export of every card and package into a folder, as NAME.FORMAT, for other people's validators. */
export async function writeExports(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const card of builtInCards) {
    const model = {
      slug: card.slug,
      revision: card.revision,
      sha256: cardSha256(card),
      card,
      state: 'listed' as const,
      because: null,
      publishedAt: PUBLISHED,
    };
    for (const format of modelExports)
      writeFileSync(join(folder, `model-${card.slug}.${format}`), textOf(modelExport(PUBLIC_URL, model, format)));
  }
  for (const recipe of recipes) {
    const { package: given, samples } = await buildPackage(recipe, join(folder, 'files'), ROWS);
    const found = {
      slug: given.slug,
      version: given.version,
      manifestRoot: manifestRoot(given.files),
      package: given,
      samples,
      state: 'listed' as const,
      because: null,
      bytes: totalBytes(given.files),
      records: totalRecords(given.files),
      publishedAt: PUBLISHED,
    };
    for (const format of datasetExports)
      writeFileSync(join(folder, `dataset-${given.slug}.${format}`), textOf(datasetExport(PUBLIC_URL, found, format)));
  }
}
