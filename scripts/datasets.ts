import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readApiConfig } from '../src/config.js';
import { openDatabase } from '../src/db/database.js';
import { manifestRoot } from '../src/datasets/package.js';
import { openStores } from '../src/process.js';
import { buildPackage, type BuiltPackage } from './packages/build.js';
import { recipes } from './packages/library.js';
import { publishBuilt } from './packages/publish.js';

const USAGE = `Usage: npm run datasets -- build DIR
  makes the packages that come with the product in a folder, with their manifests
Usage: npm run datasets -- publish
  makes them, puts their bytes into the storage and publishes them, with the configuration of the API
`;

async function build(folder: string, done: (built: BuiltPackage) => Promise<void>): Promise<void> {
  for (const recipe of recipes) {
    const built = await buildPackage(recipe, folder);
    const { slug, files } = built.package;
    writeFileSync(join(folder, slug, 'package.json'), `${JSON.stringify(built.package, null, 2)}\n`);
    await done(built);
    const bytes = files.map(({ name, size, records }) => `${name} ${String(size)} bytes ${String(records)} rows`);
    process.stdout.write(`${slug}  ${manifestRoot(files)}\n  ${bytes.join('\n  ')}\n`);
  }
}

async function publish(): Promise<void> {
  const config = readApiConfig(process.env);
  const database = openDatabase(config.DATABASE_URL);
  const stores = openStores(config);
  const folder = mkdtempSync(join(tmpdir(), 'dc-datasets-'));
  try {
    await build(folder, (built) => publishBuilt({ database, objects: stores.evidenceObjects }, built));
  } finally {
    rmSync(folder, { recursive: true, force: true });
    stores.close();
    await database.close();
  }
}

const [verb, folder] = process.argv.slice(2);
if (verb === 'build' && folder !== undefined) await build(folder, () => Promise.resolve());
else if (verb === 'publish') await publish();
else {
  process.stderr.write(USAGE);
  process.exitCode = 2;
}
