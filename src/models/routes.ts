import { z } from 'zod';
import { commitThrough, type CommitDeps } from '../commands/commit.js';
import type { Database } from '../db/database.js';
import { newId } from '../db/new-id.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { anyone, caller } from '../http/gates.js';
import { cutPage, nextLink, readPage } from '../http/paging.js';
import { cutSlugPage, readSlugPage } from '../http/slug-page.js';
import { Refusal } from '../kernel/refusals.js';
import { orPending, reply } from '../runs/command.js';
import { modelExport } from './exports.js';
import { requirePinnable, requireRunForPin } from './pin.js';
import { findPin, listPins, type Pin } from './pin-store.js';
import { mayPinModels } from './policy.js';
import {
  modelsQuery,
  modelsView,
  modelView,
  pinBody,
  pinParams,
  pinResult,
  pinsQuery,
  pinsView,
  pinView,
  slugParams,
  type PinPayload,
} from './schema.js';
import { findModel, modelFacets, searchModels, type CatalogModel } from './store.js';
import { modelExports, showModel, showModelSummary, showPin } from './view.js';

const PUBLIC = { 'Cache-Control': 'public, max-age=60' };

export function modelRoutes(deps: CommitDeps): readonly Route[] {
  const { database, publicUrl } = deps;
  return [
    defineRoute({
      method: 'get',
      path: '/models/catalog',
      operationId: 'searchModels',
      summary: 'The model catalog',
      auth: anyone,
      params: none,
      query: modelsQuery,
      body: noBody,
      response: modelsView,
      status: 200,
      refuses: ['invalid_request'],
      handle: async ({ query }) => {
        const page = readSlugPage(query);
        const { shown, nextCursor } = cutSlugPage(await searchModels(database.knex, query, page), page.limit);
        return {
          body: {
            data: shown.map(showModelSummary),
            facets: { ...(await modelFacets(database.knex, query)) },
            next_cursor: nextCursor,
          },
          headers: { ...PUBLIC, ...nextLink(publicUrl, '/models/catalog', query, nextCursor) },
        };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/models/catalog/{slug}',
      operationId: 'getModel',
      summary: 'A model card; its ETag is the digest that a pin binds',
      auth: anyone,
      params: slugParams,
      query: none,
      body: noBody,
      response: modelView,
      status: 200,
      refuses: ['not_found'],
      handle: async ({ params }) => {
        const model = await requireModel(database, params.slug);
        return { body: showModel(publicUrl, model), headers: { ...PUBLIC, ETag: `"${model.sha256}"` } };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/models/catalog/{slug}/exports/{format}',
      operationId: 'exportModel',
      summary: 'A model card as CycloneDX 1.6, SPDX 3.0.1 or a Hugging Face card',
      auth: anyone,
      params: z.strictObject({ slug: z.string().max(80), format: z.enum(modelExports) }),
      query: none,
      body: noBody,
      response: z.record(z.string(), z.unknown()),
      status: 200,
      media: ['text/markdown'],
      refuses: ['not_found'],
      handle: async ({ params }) => modelExport(publicUrl, await requireModel(database, params.slug), params.format),
    }),
    ...pinRoutes(deps),
  ];
}

function pinRoutes(deps: CommitDeps): readonly Route[] {
  const { database, publicUrl } = deps;
  return [
    defineRoute({
      method: 'post',
      path: '/models/catalog/{slug}/pin',
      operationId: 'pinModel',
      summary: 'Pin a model choice into a receipt; If-Match or card_sha256 names the card that was read',
      auth: caller('models:pin'),
      may: mayPinModels,
      params: slugParams,
      query: none,
      body: pinBody.optional(),
      response: orPending(pinView),
      status: 201,
      alsoStatus: [200, 202],
      refuses: [
        'forbidden',
        'invalid_request',
        'not_found',
        'model_withdrawn',
        'invalid_transition',
        'idempotency_mismatch',
        'precondition_failed',
        'precondition_required',
        'ledger_paused',
        'unavailable',
      ],
      handle: async ({ actor, params, body = {}, request }) => {
        const payload = readPin(params.slug, body, request.ifMatch);
        const committed = await commitThrough(deps, {
          name: 'pinModel',
          actor,
          request,
          body: payload,
          payload,
          subjectId: newId('pin'),
          precheck: async (tenant) => {
            await requirePinnable(tenant, payload);
            await requireRunForPin(tenant, payload.runId);
          },
        });
        const answer = reply(committed, pinResult);
        if (!('pin_id' in answer.body)) return { ...answer, body: answer.body };
        return { ...answer, body: await readPinView(database, actor.orgId, answer.body.pin_id) };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/models/pins',
      operationId: 'listPins',
      summary: 'Pins of the organization, newest first, superseded ones too',
      auth: caller('read'),
      params: none,
      query: pinsQuery,
      body: noBody,
      response: pinsView,
      status: 200,
      refuses: ['invalid_request'],
      handle: async ({ actor, query }) => {
        const page = readPage(query);
        const pins = await database.tenant(actor.orgId, (tenant) =>
          listPins(tenant, page, { slug: query.slug, runId: query.run_id }),
        );
        const { shown, nextCursor } = cutPage(pins, page.limit);
        return {
          body: {
            data: await Promise.all(shown.map((pin) => show(database, pin))),
            next_cursor: nextCursor,
          },
          headers: nextLink(publicUrl, '/models/pins', query, nextCursor),
        };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/models/pins/{pin_id}',
      operationId: 'getPin',
      summary: 'One pin',
      auth: caller('read'),
      params: pinParams,
      query: none,
      body: noBody,
      response: pinView,
      status: 200,
      refuses: ['not_found'],
      handle: async ({ actor, params }) => ({ body: await readPinView(database, actor.orgId, params.pin_id) }),
    }),
  ];
}

/** One request, one form: the digest comes as If-Match or in the body, and both must agree. */
function readPin(slug: string, body: z.output<typeof pinBody>, ifMatch: string | undefined): PinPayload {
  const tag = ifMatch === undefined ? undefined : /^(?:W\/)?"([0-9a-f]{64})"$/.exec(ifMatch)?.[1];
  if (ifMatch !== undefined && tag === undefined)
    throw new Refusal('precondition_failed', 'If-Match is not the ETag of a model card.');
  const cardSha256 = body.card_sha256 ?? tag;
  if (cardSha256 === undefined)
    throw new Refusal('precondition_required', 'Say which card was read: its digest as If-Match or as card_sha256.');
  if (tag !== undefined && tag !== cardSha256)
    throw new Refusal('precondition_failed', 'If-Match and card_sha256 name different cards.');
  return {
    slug,
    cardSha256,
    revision: body.revision ?? null,
    runId: body.run_id ?? null,
    declaration: body.declaration ?? null,
    clientRef: body.client_ref ?? null,
    assessmentId: body.assessment_id ?? null,
  };
}

async function requireModel(database: Database, slug: string): Promise<CatalogModel> {
  const model = await findModel(database.knex, slug);
  if (!model) throw new Refusal('not_found', 'No such model.');
  return model;
}

async function readPinView(database: Database, orgId: string, id: string): Promise<z.input<typeof pinView>> {
  const pin = await database.tenant(orgId, (tenant) => findPin(tenant, id));
  if (!pin) throw new Refusal('not_found', 'No such pin.');
  return show(database, pin);
}

async function show(database: Database, pin: Pin): Promise<z.input<typeof pinView>> {
  const model = await findModel(database.knex, pin.slug, pin.cardSha256);
  return showPin(pin, model?.state === 'withdrawn');
}
