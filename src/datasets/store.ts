import type { Knex } from 'knex';
import { raw, type QueryBuilder } from 'objection';
import { z } from 'zod';
import type { System } from '../db/database.js';
import { canonicalJson } from '../kernel/canonical-json.js';
import { Refusal } from '../kernel/refusals.js';
import type { CatalogState } from '../models/rules.js';
import type { FacetCounts } from '../models/store.js';
import { DatasetGrantRow, DatasetPackageRow } from './model.js';
import { manifestRoot, totalBytes, totalRecords, type DatasetPackage } from './package.js';

export type Sample = Readonly<Record<string, unknown>>;
export interface GrantedFile {
  readonly name: string;
  readonly media_type: string;
  readonly sha256: string;
  readonly size: number;
}
export interface CatalogPackage {
  readonly slug: string;
  readonly version: string;
  readonly manifestRoot: string;
  readonly package: DatasetPackage;
  readonly samples: readonly Sample[];
  readonly state: CatalogState;
  readonly because: string | null;
  readonly bytes: number;
  readonly records: number;
  readonly publishedAt: Date;
}
/** What a list shows of a package: read without its text of licence, its files and its samples. */
export interface PackageSummary {
  readonly slug: string;
  readonly version: string;
  readonly title: string;
  readonly summary: string;
  readonly issuer: string;
  readonly licence: string;
  readonly tier: string;
  readonly tasks: readonly string[];
  readonly languages: readonly string[];
  readonly bytes: number;
  readonly records: number;
  readonly manifestRoot: string;
  readonly state: CatalogState;
}
export interface DatasetFilter {
  readonly q?: string | undefined;
  readonly licence?: string | undefined;
  readonly task?: string | undefined;
  readonly language?: string | undefined;
  readonly tier?: string | undefined;
  readonly min_bytes?: number | undefined;
  readonly max_bytes?: number | undefined;
  readonly min_records?: number | undefined;
  readonly max_records?: number | undefined;
}

/**
 * Publishes a version as the current one of its slug, for ever. Safe to repeat: the same content again changes nothing,
 * so what was withdrawn stays withdrawn; other content under the same version is refused.
 */
export async function publishPackage(
  { trx }: System,
  given: DatasetPackage,
  samples: readonly Sample[],
): Promise<void> {
  const { slug, version } = given;
  await trx.raw(`select pg_advisory_xact_lock(hashtextextended(?, 0))`, [`dataset ${slug}`]);
  const before = await DatasetPackageRow.query(trx).findOne({ slug, version });
  if (before) {
    if (canonicalJson(before.package) === canonicalJson(given)) return;
    throw new Refusal('catalog_conflict', `${slug} ${version} was published with other content.`);
  }
  await DatasetPackageRow.query(trx).where({ slug, isCurrent: true }).patch({ isCurrent: false });
  await DatasetPackageRow.query(trx).insert({
    slug,
    version,
    manifestRoot: manifestRoot(given.files),
    package: given,
    samples: [...samples],
    title: given.title,
    licence: given.licence.id,
    tier: given.tier,
    tasks: given.tasks,
    languages: given.languages,
    bytes: totalBytes(given.files),
    records: totalRecords(given.files),
    words: [slug.replaceAll(/[.-]/g, ' '), given.title, given.summary, given.issuer, ...given.tasks].join(' '),
  });
}

/** Moves a version to another state; a withdrawal ends its live grants in the same transaction. */
export async function movePackage(
  { trx }: System,
  moved: { readonly slug: string; readonly version: string; readonly state: CatalogState; readonly because: string },
): Promise<void> {
  const { slug, version, state, because } = moved;
  const rows = await DatasetPackageRow.query(trx).where({ slug, version }).patch({ state, because });
  if (rows === 0) throw new Refusal('not_found', 'No such package.');
  if (state === 'withdrawn')
    await DatasetGrantRow.query(trx)
      .where({ slug, version, revokedAt: null })
      .whereRaw('expires_at > now()')
      .patch({ revokedAt: raw('now()'), revokedBecause: `The package was withdrawn: ${because}` });
}

/** The current version of a slug, or the one that is named; withdrawn ones too, for who asks what became of them. */
export async function findPackage(trx: Knex, slug: string, version?: string): Promise<CatalogPackage | undefined> {
  return DatasetPackageRow.query(trx).findOne(version === undefined ? { slug, isCurrent: true } : { slug, version });
}

/** Every version of a slug, newest first. */
export async function listVersions(
  trx: Knex,
  slug: string,
): Promise<readonly Pick<CatalogPackage, 'version' | 'state' | 'manifestRoot' | 'publishedAt'>[]> {
  return DatasetPackageRow.query(trx)
    .where({ slug })
    .select('version', 'state', 'manifestRoot', 'publishedAt')
    .orderBy('publishedAt', 'desc')
    .limit(200);
}

const listed = (trx: Knex, filter: DatasetFilter): QueryBuilder<DatasetPackageRow, DatasetPackageRow[]> => {
  const query = DatasetPackageRow.query(trx).where({ isCurrent: true }).whereNot({ state: 'withdrawn' });
  const { q, licence, task, language, tier, min_bytes, max_bytes, min_records, max_records } = filter;
  if (q !== undefined) void query.whereRaw(`search @@ websearch_to_tsquery('simple', ?)`, [q]);
  if (licence !== undefined) void query.where({ licence });
  if (tier !== undefined) void query.where({ tier });
  if (task !== undefined) void query.whereRaw('tasks @> array[?]', [task]);
  if (language !== undefined) void query.whereRaw('languages @> array[?]', [language]);
  if (min_bytes !== undefined) void query.where('bytes', '>=', min_bytes);
  if (max_bytes !== undefined) void query.where('bytes', '<=', max_bytes);
  if (min_records !== undefined) void query.where('records', '>=', min_records);
  if (max_records !== undefined) void query.where('records', '<=', max_records);
  return query;
};

/** A page of the catalog by slug, one more than asked for. */
export async function searchPackages(
  trx: Knex,
  filter: DatasetFilter,
  { limit, after }: { readonly limit: number; readonly after: string | undefined },
): Promise<readonly PackageSummary[]> {
  const query = listed(trx, filter);
  if (after !== undefined) void query.where('slug', '>', after);
  const rows = await query
    .select(
      'slug',
      'version',
      'title',
      raw(`package->>'summary'`).as('summary'),
      raw(`package->>'issuer'`).as('issuer'),
      'licence',
      'tier',
      'tasks',
      'languages',
      'bytes',
      'records',
      'manifestRoot',
      'state',
    )
    .orderBy('slug')
    .limit(limit + 1);
  return summariesSchema.parse(rows);
}

const summariesSchema = z.array(
  z.object({
    slug: z.string(),
    version: z.string(),
    title: z.string(),
    summary: z.string(),
    issuer: z.string(),
    licence: z.string(),
    tier: z.string(),
    tasks: z.array(z.string()),
    languages: z.array(z.string()),
    bytes: z.number(),
    records: z.number(),
    manifestRoot: z.string(),
    state: z.enum(['listed', 'deprecated', 'withdrawn']),
  }),
);
const facetRows = z.array(z.object({ facet: z.string(), value: z.string(), count: z.number() }));

/**
 * How many of the matching packages have each licence, tier, task and language. Rows that are alike are counted first,
 * so that the lists are taken apart once for each kind of row and not once for each row.
 */
export async function packageFacets(trx: Knex, filter: DatasetFilter): Promise<FacetCounts> {
  const columns = ['licence', 'tier', 'tasks', 'languages'] as const;
  const matching = listed(trx, filter)
    .select(...columns, raw('count(*) as n'))
    .groupBy(...columns)
    .toKnexQuery();
  const rows = facetRows.parse(
    await trx
      .with('matching', matching)
      .from(
        trx.raw(`(select 'licence' as facet, licence as value, sum(n)::int as count from matching group by 2
          union all select 'tier', tier, sum(n)::int from matching group by 2
          union all select 'task', task, sum(n)::int from matching, unnest(tasks) as task group by 2
          union all select 'language', l, sum(n)::int from matching, unnest(languages) as l group by 2) as counted`),
      )
      .orderBy(['facet', { column: 'count', order: 'desc' }, 'value'])
      .select('facet', 'value', 'count'),
  );
  const of = (facet: string) => rows.filter((row) => row.facet === facet).map(({ value, count }) => ({ value, count }));
  return { licence: of('licence'), tier: of('tier'), task: of('task'), language: of('language') };
}
