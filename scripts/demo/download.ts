import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { readApiConfig } from '../../src/config.js';
import { openDatabase } from '../../src/db/database.js';
import { openStores } from '../../src/process.js';
import { buildPackage } from '../packages/build.js';
import { arithmetic } from '../packages/arithmetic.js';
import { publishBuilt } from '../packages/publish.js';
import type { Parts } from '../stack/stack.js';
import { expectAnswer, expectRefusal, type Caller } from './client.js';

/** A few rows of a package that takes minutes to build whole. */
const ROWS = 200;

/** A package in the catalog, and how somebody asks for it. */
interface Offer {
  readonly slug: string;
  /** Downloads it as a member: the receipt of the grant, and how many bytes came that are those promised. */
  download(caller: Caller): Promise<{ readonly receiptId: string; readonly bytes: number }>;
  /** Asks for it and must be refused for a missing membership; answers what is said. */
  refusedTo(caller: Caller): Promise<string>;
}

const download = z.object({
  receipt_id: z.string(),
  files: z.array(z.object({ sha256: z.string(), url: z.url() })).min(1),
});

/** Publishes a small package as npm run datasets does. */
export async function offerPackage({ env }: Parts): Promise<Offer> {
  const config = readApiConfig(env);
  const database = openDatabase(config.DATABASE_URL);
  const stores = openStores(config);
  const folder = mkdtempSync(join(tmpdir(), 'dc-package-'));
  try {
    const built = await buildPackage(arithmetic, folder, ROWS);
    await publishBuilt({ database, objects: stores.evidenceObjects }, built);
    const { slug, licence } = built.package;
    const wish = { purpose: 'Checking the figures of our agents.', accept_licence_sha256: licence.text_sha256 };
    const ask = (caller: Caller) => caller.call('POST', `/datasets/catalog/${slug}/download`, wish);
    return {
      slug,
      async download(caller) {
        const { receipt_id: receiptId, files } = expectAnswer(await ask(caller), [201], download);
        const sizes = await Promise.all(files.map(fetchPromised));
        return { receiptId, bytes: sizes.reduce((sum, size) => sum + size, 0) };
      },
      refusedTo: async (caller) => {
        const answer = await ask(caller);
        if (answer.status !== 402) throw new Error(`The download was answered with ${String(answer.status)}.`);
        return expectRefusal(answer, 'membership_required');
      },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
    stores.close();
    await database.close();
  }
}

async function fetchPromised({ url, sha256 }: { readonly url: string; readonly sha256: string }): Promise<number> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`A link of the grant was answered with ${String(response.status)}.`);
  const bytes = Buffer.from(await response.arrayBuffer());
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) throw new Error('The bytes are not those promised.');
  return bytes.length;
}
