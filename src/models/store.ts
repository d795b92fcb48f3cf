import type { Knex } from 'knex';
import { raw, type QueryBuilder } from 'objection';
import { z } from 'zod';
import type { System } from '../db/database.js';
import { Refusal } from '../kernel/refusals.js';
import { cardSha256, type ModelCard } from './card.js';
import { ModelCardRow } from './model.js';
import type { CatalogState } from './rules.js';

export interface CatalogModel {
  readonly slug: string;
  readonly revision: string;
  readonly sha256: string;
  readonly card: ModelCard;
  readonly state: CatalogState;
  readonly because: string | null;
  readonly publishedAt: Date;
}
export interface ModelFilter {
  readonly q?: string | undefined;
  readonly family?: string | undefined;
  readonly licence?: string | undefined;
  readonly modality?: string | undefined;
  readonly language?: string | undefined;
  readonly min_params?: number | undefined;
  readonly max_params?: number | undefined;
}

/**
 * Publishes a card as the current one of its slug. Safe to repeat: the same card again changes nothing, so what was
 * withdrawn stays withdrawn. The row lock of the current card makes two publications follow each other.
 */
export async function publishCard({ trx }: System, card: ModelCard): Promise<void> {
  const sha256 = cardSha256(card);
  await trx.raw(`select pg_advisory_xact_lock(hashtextextended(?, 0))`, [`model ${card.slug}`]);
  if (await ModelCardRow.query(trx).findOne({ slug: card.slug, sha256 })) return;
  await ModelCardRow.query(trx).where({ slug: card.slug, isCurrent: true }).patch({ isCurrent: false });
  const { slug, revision, name, family, publisher, licence, modalities, languages } = card;
  await ModelCardRow.query(trx).insert({
    slug,
    revision,
    sha256,
    card,
    family,
    licence: licence.id,
    modalities,
    languages,
    paramsTotal: card.params_total,
    words: [slug, slug.replaceAll(/[.-]/g, ' '), name, family, publisher, licence.id].join(' '),
  });
}

/** Cards that are there already stay as they are: the library never takes back what staff published since. */
export async function publishMissingCards(system: System, cards: readonly ModelCard[]): Promise<void> {
  const rows = await ModelCardRow.query(system.trx).select('slug').distinct('slug');
  const present = new Set(rows.map(({ slug }) => slug));
  for (const card of cards) if (!present.has(card.slug)) await publishCard(system, card);
}

/** Moves every card of a revision to another state; unknown ones are refused. */
export async function moveCard(
  { trx }: System,
  moved: { readonly slug: string; readonly revision: string; readonly state: CatalogState; readonly because: string },
): Promise<void> {
  const { slug, revision, state, because } = moved;
  const rows = await ModelCardRow.query(trx).where({ slug, revision }).patch({ state, because });
  if (rows === 0) throw new Refusal('not_found', 'No such revision of a model.');
}

/** The card of a slug as it is now, or as it was under a digest. */
export async function findModel(trx: Knex, slug: string, sha256?: string): Promise<CatalogModel | undefined> {
  return ModelCardRow.query(trx).findOne(sha256 === undefined ? { slug, isCurrent: true } : { slug, sha256 });
}

/** Whether these are the files and the card that the catalog has for a revision, and it was not withdrawn. */
export async function findRevision(trx: Knex, slug: string, revision: string): Promise<readonly CatalogModel[]> {
  return ModelCardRow.query(trx).where({ slug, revision }).orderBy('publishedAt', 'desc');
}

const listed = (trx: Knex, filter: ModelFilter): QueryBuilder<ModelCardRow, ModelCardRow[]> => {
  const query = ModelCardRow.query(trx).where({ isCurrent: true }).whereNot({ state: 'withdrawn' });
  const { q, family, licence, modality, language, min_params, max_params } = filter;
  if (q !== undefined) void query.whereRaw(`search @@ websearch_to_tsquery('simple', ?)`, [q]);
  if (family !== undefined) void query.where({ family });
  if (licence !== undefined) void query.where({ licence });
  if (modality !== undefined) void query.whereRaw('modalities @> array[?]', [modality]);
  if (language !== undefined) void query.whereRaw('languages @> array[?]', [language]);
  if (min_params !== undefined) void query.where('paramsTotal', '>=', min_params);
  if (max_params !== undefined) void query.where('paramsTotal', '<=', max_params);
  return query;
};

/** A page of the catalog by slug, one more than asked for. */
export async function searchModels(
  trx: Knex,
  filter: ModelFilter,
  { limit, after }: { readonly limit: number; readonly after: string | undefined },
): Promise<readonly CatalogModel[]> {
  const query = listed(trx, filter);
  if (after !== undefined) void query.where('slug', '>', after);
  return query.orderBy('slug').limit(limit + 1);
}

const countsSchema = z.array(z.object({ value: z.string(), count: z.number() }));
export type FacetCounts = Readonly<Record<string, z.output<typeof countsSchema>>>;

/** How many of the matching models have each family and each licence. */
export async function modelFacets(trx: Knex, filter: ModelFilter): Promise<FacetCounts> {
  const by = async (column: 'family' | 'licence'): Promise<z.output<typeof countsSchema>> =>
    countsSchema.parse(
      (
        await listed(trx, filter)
          .select(raw('?? as value', column), raw('count(*)::int as count'))
          .groupBy(column)
          .orderBy('count', 'desc')
          .orderBy('value')
          .limit(50)
      ).map((row) => ({ ...row.$toJson() })),
    );
  return { family: await by('family'), licence: await by('licence') };
}
