import type { z } from 'zod';
import { movePackage } from '../datasets/store.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { internal } from '../http/gates.js';
import { cutPage, nextLink, readPage } from '../http/paging.js';
import { moveCard } from '../models/store.js';
import { slugParams } from '../models/schema.js';
import {
  datasetDocument,
  eventsQuery,
  eventsView,
  modelDocument,
  moveBody,
  movedView,
  policyDocument,
  stagedParams,
  stagedView,
  stageQuery,
  type StagedKind,
} from './schema.js';
import { publishStaged, required, stage, type StageDeps } from './stage.js';
import { findStaging, listCatalogEvents, recordCatalogEvent, type Staging } from './store.js';

const gate = internal('catalog:stage');
const documents = { dataset: datasetDocument, model: modelDocument, policy: policyDocument } as const;
const paths = { dataset: '/internal/datasets', model: '/internal/models', policy: '/internal/policies' } as const;

/** Staff's side of the catalogs: stage, look, publish, deprecate and withdraw, each on record. */
export function stagingRoutes(deps: StageDeps & { readonly publicUrl: string }): readonly Route[] {
  return [
    stageRoute(deps, 'dataset', 'stageDataset'),
    stageRoute(deps, 'model', 'stageModel'),
    stageRoute(deps, 'policy', 'stagePolicy'),
    ...stagedRoutes(deps),
    moveRoute(deps, 'dataset', 'moveDataset'),
    moveRoute(deps, 'model', 'moveModel'),
    eventsRoute(deps),
  ];
}

const stageRoute = (deps: StageDeps, kind: StagedKind, operationId: string): Route =>
  defineRoute({
    method: 'post',
    path: paths[kind],
    operationId,
    summary: `Stage a ${kind} for publication; dry_run only checks it`,
    auth: gate,
    params: none,
    query: stageQuery,
    body: documents[kind],
    response: stagedView,
    status: 201,
    alsoStatus: [200],
    refuses: ['wrong_credential', 'scope_missing', 'invalid_request', 'invalid_package'],
    handle: async ({ actor, body, query, request }) => {
      const dryRun = query.dry_run === 'true';
      const staged = await stage(deps, { kind, document: body, dryRun, actor, request });
      return { status: dryRun ? 200 : 201, body: show(staged) };
    },
  });

function stagedRoutes(deps: StageDeps): readonly Route[] {
  const common = { auth: gate, params: stagedParams, query: none, body: noBody, response: stagedView, status: 200 };
  return [
    defineRoute({
      ...common,
      method: 'get',
      path: '/internal/staged/{staged_id}',
      operationId: 'previewStaged',
      summary: 'What is staged, as it would be published',
      refuses: ['wrong_credential', 'scope_missing', 'not_found'],
      handle: async ({ params }) => ({
        body: show(required(await deps.database.system((system) => findStaging(system, params.staged_id)))),
      }),
    }),
    defineRoute({
      ...common,
      method: 'post',
      path: '/internal/staged/{staged_id}/publish',
      operationId: 'publishStaged',
      summary: 'Publish what is staged; repeating changes nothing',
      refuses: [
        'wrong_credential',
        'scope_missing',
        'not_found',
        'four_eyes_required',
        'catalog_conflict',
        'invalid_package',
      ],
      handle: async ({ actor, params, request }) => ({
        body: show(await publishStaged(deps, params.staged_id, { actor, request })),
      }),
    }),
  ];
}

const moveRoute = ({ database }: StageDeps, kind: 'dataset' | 'model', operationId: string): Route =>
  defineRoute({
    method: 'post',
    path: `${paths[kind]}/{slug}/state`,
    operationId,
    summary: `List, deprecate or withdraw a ${kind}${kind === 'dataset' ? '; a withdrawal ends its live grants' : ''}`,
    auth: gate,
    params: slugParams,
    query: none,
    body: moveBody,
    response: movedView,
    status: 200,
    refuses: ['wrong_credential', 'scope_missing', 'invalid_request', 'not_found'],
    handle: async ({ actor, params, body, request }) => {
      const { version, state, reason: because } = body;
      const { slug } = params;
      await database.system(async (system) => {
        if (kind === 'dataset') await movePackage(system, { slug, version, state, because });
        else await moveCard(system, { slug, revision: version, state, because });
        await recordCatalogEvent(system, {
          actor: actor.keyId,
          action: `${kind}.${state}`,
          kind,
          slug,
          version,
          digest: null,
          because,
          requestId: request.requestId,
        });
      });
      return { body: { slug, version, state, because } };
    },
  });

const eventsRoute = ({ database, publicUrl }: StageDeps & { readonly publicUrl: string }): Route =>
  defineRoute({
    method: 'get',
    path: '/internal/catalog/events',
    operationId: 'listCatalogEvents',
    summary: 'Who staged, published and withdrew what, newest first',
    auth: gate,
    params: none,
    query: eventsQuery,
    body: noBody,
    response: eventsView,
    status: 200,
    refuses: ['wrong_credential', 'scope_missing', 'invalid_request'],
    handle: async ({ query }) => {
      const asked = readPage(query);
      const events = await database.system((system) => listCatalogEvents(system, asked));
      const { shown, nextCursor } = cutPage(
        events.map((event) => ({ ...event, createdAt: event.at })),
        asked.limit,
      );
      return {
        body: {
          data: shown.map(({ at, requestId, createdAt: _createdAt, ...event }) => ({
            ...event,
            at: at.toISOString(),
            request_id: requestId,
          })),
          next_cursor: nextCursor,
        },
        headers: nextLink(publicUrl, '/internal/catalog/events', query, nextCursor),
      };
    },
  });

function show(staged: Omit<Staging, 'id'> & { readonly id: string | null }): z.input<typeof stagedView> {
  const { id, kind, slug, version, digest, state, stagedBy, publishedBy, document } = staged;
  return {
    id,
    kind,
    slug,
    version,
    digest,
    state: id === null ? 'valid' : state,
    staged_by: stagedBy,
    published_by: publishedBy,
    preview: document,
  };
}
