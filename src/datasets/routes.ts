import { z } from 'zod';
import type { Database } from '../db/database.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { anyone, caller } from '../http/gates.js';
import { nextLink } from '../http/paging.js';
import { cutSlugPage, readSlugPage } from '../http/slug-page.js';
import { Refusal } from '../kernel/refusals.js';
import { readStanding } from '../membership/entitlement.js';
import { slugParams } from '../models/schema.js';
import { datasetExport } from './exports.js';
import { grantRoutes, type GrantRouteDeps } from './grant-routes.js';
import { readSpent } from './grant-store.js';
import { mayDownload } from './policy.js';
import { quotaLeft } from './rules.js';
import { accessibleView, datasetsQuery, datasetsView, packageView, samplesView, versionQuery } from './schema.js';
import { findPackage, listVersions, packageFacets, searchPackages, type CatalogPackage } from './store.js';
import { datasetExports, showAccess, showPackage, showSummary } from './view.js';

const PUBLIC = { 'Cache-Control': 'public, max-age=60' };

export function datasetRoutes(deps: GrantRouteDeps): readonly Route[] {
  const { database, publicUrl } = deps;
  return [
    defineRoute({
      method: 'get',
      path: '/datasets',
      operationId: 'listDatasets',
      summary: 'The datasets, and for each whether this caller may download it now',
      auth: caller('read'),
      params: none,
      query: datasetsQuery,
      body: noBody,
      response: accessibleView,
      status: 200,
      refuses: ['invalid_request'],
      handle: async ({ actor, query }) => {
        const asked = readSlugPage(query);
        const principal = actor.kind === 'key' ? actor.keyId : actor.userId;
        const mayAsk = mayDownload(actor) && (actor.kind === 'person' || actor.scopes.includes('datasets:download'));
        const { rows, access } = await database.tenant(actor.orgId, async (tenant) => ({
          rows: await searchPackages(tenant.trx, query, asked),
          access: showAccess(
            await readStanding(tenant),
            mayAsk,
            quotaLeft(await readSpent(tenant, principal, new Date())),
          ),
        }));
        const { shown, nextCursor } = cutSlugPage(rows, asked.limit);
        return {
          body: { data: shown.map((found) => ({ ...showSummary(found), access })), next_cursor: nextCursor },
          headers: nextLink(publicUrl, '/datasets', query, nextCursor),
        };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/datasets/catalog',
      operationId: 'searchDatasets',
      summary: 'The public dataset catalog',
      auth: anyone,
      params: none,
      query: datasetsQuery,
      body: noBody,
      response: datasetsView,
      status: 200,
      refuses: ['invalid_request'],
      handle: async ({ query }) => {
        const asked = readSlugPage(query);
        const [rows, facets] = await Promise.all([
          searchPackages(database.knex, query, asked),
          packageFacets(database.knex, query),
        ]);
        const { shown, nextCursor } = cutSlugPage(rows, asked.limit);
        return {
          body: {
            data: shown.map(showSummary),
            facets: { ...facets },
            next_cursor: nextCursor,
          },
          headers: { ...PUBLIC, ...nextLink(publicUrl, '/datasets/catalog', query, nextCursor) },
        };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/datasets/catalog/{slug}',
      operationId: 'getDataset',
      summary: 'One dataset package: versions, files, digests, provenance, licence',
      auth: anyone,
      params: slugParams,
      query: versionQuery,
      body: noBody,
      response: packageView,
      status: 200,
      refuses: ['not_found', 'invalid_request', 'package_withdrawn'],
      handle: async ({ params, query }) => {
        const found = await requirePackage(database, params.slug, query.version);
        const versions = await listVersions(database.knex, found.slug);
        return {
          body: showPackage(publicUrl, found, versions),
          headers: { ...PUBLIC, ETag: `"${found.manifestRoot}"` },
        };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/datasets/catalog/{slug}/samples',
      operationId: 'getSamples',
      summary: 'Up to fifty rows',
      auth: anyone,
      params: slugParams,
      query: versionQuery,
      body: noBody,
      response: samplesView,
      status: 200,
      refuses: ['not_found', 'invalid_request', 'package_withdrawn'],
      handle: async ({ params, query }) => {
        const { slug, version, samples } = await requirePackage(database, params.slug, query.version);
        return { body: { slug, version, rows: samples.map((row) => ({ ...row })) }, headers: PUBLIC };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/datasets/catalog/{slug}/exports/{format}',
      operationId: 'exportDataset',
      summary: 'A package as Croissant 1.1, SPDX 3.0.1, CycloneDX 1.6 or a Hugging Face card',
      auth: anyone,
      params: z.strictObject({ slug: z.string().max(80), format: z.enum(datasetExports) }),
      query: versionQuery,
      body: noBody,
      response: z.record(z.string(), z.unknown()),
      status: 200,
      media: ['text/markdown'],
      refuses: ['not_found', 'invalid_request', 'package_withdrawn'],
      handle: async ({ params, query }) =>
        datasetExport(publicUrl, await requirePackage(database, params.slug, query.version), params.format),
    }),
    ...grantRoutes(deps),
  ];
}

async function requirePackage(database: Database, slug: string, version: string | undefined): Promise<CatalogPackage> {
  const found = await findPackage(database.knex, slug, version);
  if (!found) throw new Refusal('not_found', 'No such package.');
  if (found.state === 'withdrawn')
    throw new Refusal('package_withdrawn', `${slug} ${found.version} was withdrawn: ${found.because ?? ''}.`);
  return found;
}
