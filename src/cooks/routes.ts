import { findArtifact, listArtifacts } from '../artifacts/store.js';
import type { ObjectStore } from '../adapters/object-store.js';
import { z } from 'zod';
import type { Tenant } from '../db/database.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { caller } from '../http/gates.js';
import { cutPage, nextLink, readPage } from '../http/paging.js';
import { Refusal } from '../kernel/refusals.js';
import { orPending, reply } from '../runs/command.js';
import { runParams } from '../runs/schema.js';
import { cancelCook, queueOfRecipe, recipeDigest, requestCook, type CookCommandDeps } from './command.js';
import { judge } from './judge.js';
import { mayCook } from './policy.js';
import {
  artifactParams,
  cookDetailView,
  cookParams,
  cookQuery,
  cooksQuery,
  cookSummaryView,
  cooksView,
  dryRunView,
  linkView,
  recipeSchema,
  type Recipe,
} from './schema.js';
import { listAttempts } from '../cook-attempts/store.js';
import { findCook, listCookEvents, listCooks } from './store.js';
import { showCook, showCookSummary } from './view.js';

export interface CookRouteDeps extends CookCommandDeps {
  readonly evidenceObjects: ObjectStore;
}
/** A link to an artifact works for so long. */
const LINK_SECONDS = 300;
/** Events shown with a cook; the stream has them all. */
const TIMELINE = 500;

export function cookRoutes(deps: CookRouteDeps): readonly Route[] {
  const { database, publicUrl, evidenceObjects } = deps;
  return [
    defineRoute({
      method: 'post',
      path: '/runs/{run_id}/cook',
      operationId: 'requestCook',
      summary: 'Request a training job, or with dry_run ask what would be refused',
      auth: caller('cooks:write'),
      may: mayCook,
      params: runParams,
      query: cookQuery,
      body: recipeSchema,
      response: z.union([orPending(cookSummaryView), dryRunView]),
      status: 201,
      alsoStatus: [200, 202],
      refuses: [
        'forbidden',
        'invalid_request',
        'not_found',
        'invalid_transition',
        'no_grant',
        'licence_forbids_training',
        'invalid_recipe',
        'exceeds_runners',
        'over_budget',
        'hash_mismatch',
        'idempotency_mismatch',
        'unavailable',
      ],
      handle: async ({ actor, params, query, body, request }) => {
        if (query.dry_run) {
          const work = (tenant: Tenant) => dryRun(tenant, deps, params.run_id, body);
          return { body: await database.tenant(actor.orgId, work), status: 200 };
        }
        const answer = reply(
          await requestCook(deps, { actor, request, runId: params.run_id, recipe: body }),
          cookSummaryView,
        );
        const location = 'id' in answer.body ? { Location: `${publicUrl}/cooks/${answer.body.id}` } : {};
        return { ...answer, headers: { ...answer.headers, ...location } };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/cooks',
      operationId: 'listCooks',
      summary: 'List cooks, newest first',
      auth: caller('read'),
      params: none,
      query: cooksQuery,
      body: noBody,
      response: cooksView,
      status: 200,
      refuses: ['invalid_request'],
      handle: async ({ actor, query }) => {
        const page = readPage(query);
        const filter = { runId: query.run_id, state: query.state };
        const rows = await database.tenant(actor.orgId, (tenant) => listCooks(tenant, page, filter));
        const { shown, nextCursor } = cutPage(rows, page.limit);
        return {
          body: { data: shown.map(showCookSummary), next_cursor: nextCursor },
          headers: nextLink(publicUrl, '/cooks', query, nextCursor),
        };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/cooks/{cook_id}',
      operationId: 'getCook',
      summary: 'One cook: recipe, attempts, lease, progress, metrics, artifacts, timeline',
      auth: caller('read'),
      params: cookParams,
      query: none,
      body: noBody,
      response: cookDetailView,
      status: 200,
      refuses: ['not_found'],
      handle: async ({ actor, params }) => ({
        body: await database.tenant(actor.orgId, (tenant) => readCook(tenant, params.cook_id)),
        headers: { 'Cache-Control': 'private, no-cache' },
      }),
    }),
    defineRoute({
      method: 'post',
      path: '/cooks/{cook_id}/cancel',
      operationId: 'cancelCook',
      summary: 'Cancel a cook: at once while it is queued, at the next report of its runner otherwise',
      auth: caller('cooks:write'),
      may: mayCook,
      params: cookParams,
      query: none,
      body: noBody,
      response: orPending(cookSummaryView),
      status: 200,
      alsoStatus: [202],
      refuses: ['forbidden', 'not_found', 'invalid_transition', 'unavailable'],
      handle: async ({ actor, params, request }) =>
        reply(await cancelCook(deps, { actor, request, cookId: params.cook_id }), cookSummaryView),
    }),
    defineRoute({
      method: 'get',
      path: '/cooks/{cook_id}/artifacts/{artifact_id}',
      operationId: 'getCookArtifact',
      summary: 'A short-lived link to the bytes of a verified artifact',
      auth: caller('read'),
      params: artifactParams,
      query: none,
      body: noBody,
      response: linkView,
      status: 200,
      refuses: ['not_found'],
      handle: async ({ actor, params }) => {
        const artifact = await database.tenant(actor.orgId, (tenant) =>
          findArtifact(tenant, params.cook_id, params.artifact_id),
        );
        if (!artifact?.verifiedAt) throw new Refusal('not_found', 'No such artifact.');
        const { objectKey, name, sha256, size } = artifact;
        const url = await evidenceObjects.signDownload(objectKey, name, LINK_SECONDS);
        const expires_at = new Date(Date.now() + LINK_SECONDS * 1000).toISOString();
        return { body: { url, expires_at, sha256, size }, headers: { 'Cache-Control': 'no-store' } };
      },
    }),
  ];
}

async function dryRun(
  tenant: Tenant,
  { catalog }: CookRouteDeps,
  runId: string,
  recipe: Recipe,
): Promise<z.input<typeof dryRunView>> {
  const refusals = await judge(tenant, catalog, runId, recipe);
  return {
    dry_run: true,
    acceptable: refusals.length === 0,
    queue: queueOfRecipe(recipe),
    recipe_sha256: recipeDigest(recipe),
    refusals: refusals.map((fault) => ({ ...fault })),
  };
}

async function readCook(tenant: Tenant, cookId: string): Promise<z.input<typeof cookDetailView>> {
  const cook = await findCook(tenant, cookId);
  if (!cook) throw new Refusal('not_found', 'No such cook.');
  return showCook(cook, {
    attempts: await listAttempts(tenant, cookId),
    artifacts: await listArtifacts(tenant, cookId),
    events: await listCookEvents(tenant, cookId, 0, TIMELINE),
  });
}
