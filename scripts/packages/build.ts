import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream, mkdirSync, readFileSync, statSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { join } from 'node:path';
import { parquetWriteFile } from 'hyparquet-writer';
import { textSha256, type DatasetPackage, type PackageFile } from '../../src/datasets/package.js';
import type { Sample } from '../../src/datasets/store.js';
import { root } from '../stack/paths.js';
import type { Recipe, Row } from './recipe.js';

const SAMPLES = 20;
/** Rows of one group of a Parquet file: what a reader holds at once. */
const GROUP_ROWS = 100_000;
const RELEASED = '2026-11-01';
const ISSUER = 'DefendableCloud';

export interface BuiltPackage {
  readonly package: DatasetPackage;
  readonly samples: readonly Sample[];
  /** Path of each file by its name. */
  readonly paths: ReadonlyMap<string, string>;
}

/** Makes the files of a package in a folder: the same bytes on every machine. */
export async function buildPackage(recipe: Recipe, folder: string, rows = recipe.rows): Promise<BuiltPackage> {
  const target = join(folder, recipe.slug);
  mkdirSync(target, { recursive: true });
  const jsonl = join(target, `${recipe.slug}.jsonl`);
  const parquet = join(target, `${recipe.slug}.parquet`);
  const written = await writeJsonLines(jsonl, recipe.generate(rows));
  writeParquet(parquet, recipe, rows);
  const files = [
    await describe(parquet, 'application/vnd.apache.parquet', written),
    await describe(jsonl, 'application/jsonl', written),
  ];
  return {
    package: describePackage(recipe, files),
    samples: [...recipe.generate(Math.min(SAMPLES, rows))],
    paths: new Map(files.map(({ name }) => [name, join(target, name)])),
  };
}

async function writeJsonLines(path: string, rows: Iterable<Row>): Promise<number> {
  const out = createWriteStream(path);
  let count = 0;
  let lines: string[] = [];
  for (const row of rows) {
    lines.push(JSON.stringify(row));
    count += 1;
    if (lines.length < 5000) continue;
    if (!out.write(`${lines.join('\n')}\n`)) await once(out, 'drain');
    lines = [];
  }
  out.end(lines.length === 0 ? '' : `${lines.join('\n')}\n`);
  await finished(out);
  return count;
}

const TYPES = { text: 'STRING', integer: 'INT64', float: 'DOUBLE', boolean: 'BOOLEAN', date: 'STRING' } as const;

function writeParquet(filename: string, { fields, generate }: Recipe, rows: number): void {
  const columns = new Map<string, unknown[]>(fields.map(({ name }) => [name, []]));
  for (const row of generate(rows))
    for (const { name, type } of fields) {
      const value = row[name];
      columns.get(name)?.push(type === 'integer' && typeof value === 'number' ? BigInt(value) : value);
    }
  parquetWriteFile({
    filename,
    columnData: fields.map(({ name, type }) => ({ name, type: TYPES[type], data: columns.get(name) ?? [] })),
    rowGroupSize: GROUP_ROWS,
  });
}

async function describe(path: string, media_type: PackageFile['media_type'], records: number): Promise<PackageFile> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) if (chunk instanceof Uint8Array) hash.update(chunk);
  const name = path.slice(path.lastIndexOf('/') + 1);
  return { name, media_type, size: statSync(path).size, sha256: hash.digest('hex'), records, split: 'train' };
}

function describePackage(recipe: Recipe, files: PackageFile[]): DatasetPackage {
  const { slug, title, summary, tasks, fields, method, biases, uses } = recipe;
  const text = readFileSync(join(root, 'LICENSE'), 'utf8');
  const anywhere = 'Anywhere.';
  return {
    slug,
    version: '1.0.0',
    title,
    summary,
    released_on: RELEASED,
    issuer: ISSUER,
    licence: {
      id: 'Apache-2.0',
      url: 'https://www.apache.org/licenses/LICENSE-2.0',
      text,
      text_sha256: textSha256(text),
      forbids: [],
      attribution: ISSUER,
    },
    tier: 'member',
    tasks: [...tasks],
    languages: ['en'],
    sensitive_personal: 'no',
    files,
    fields: [...fields],
    provenance: {
      source: {
        title,
        unique_id: `${slug}@1.0.0`,
        metadata_location: `/datasets/catalog/${slug}`,
        issuer: ISSUER,
        description: summary,
      },
      provenance: {
        source_metadata: 'None: the data has no earlier source.',
        source: 'The generator in scripts/packages of the product.',
        origin_geography: 'None: it was computed.',
        issued_on: RELEASED,
        previous_issued_on: null,
        generation_period: 'November 2026.',
        generation_method: method,
        data_format: 'Apache Parquet and JSON Lines, the same rows in both.',
      },
      use: {
        confidentiality: 'public',
        consent: 'None needed: nobody is in it.',
        privacy_enhancing_tools: 'None needed: nobody is in it.',
        processing_geography_allowed: anywhere,
        processing_geography_excluded: 'None.',
        storage_geography_allowed: anywhere,
        storage_geography_excluded: 'None.',
        licence: 'Apache-2.0',
        intended_use: uses.join(' '),
      },
    },
    quality: [{ check: 'The same digest at every build.', result: 'held by a test', receipt_id: null }],
    known_biases: [...biases],
    intended_use: [...uses],
    forbidden_use: ['Passing it off as data about real people or companies.'],
  };
}
