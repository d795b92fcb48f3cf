import type { z } from 'zod';
import type { ObjectStore } from '../adapters/object-store.js';
import { recordEvent } from '../audit-log/store.js';
import type { OrgActor } from '../auth/actor.js';
import { commandActor } from '../commands/actor.js';
import { commitThrough, type CommitDeps } from '../commands/commit.js';
import { newId } from '../db/new-id.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { caller } from '../http/gates.js';
import { cutPage, nextLink, readPage } from '../http/paging.js';
import { Refusal } from '../kernel/refusals.js';
import { requireEntitled } from '../membership/entitlement.js';
import { slugParams } from '../models/schema.js';
import { orPending, reply } from '../runs/command.js';
import { requireGrantable } from './grant.js';
import { findGrant, listGrants, redeemGrant, revokeGrant, type Grant } from './grant-store.js';
import { mayDownload } from './policy.js';
import {
  downloadBody,
  downloadView,
  grantParams,
  grantResult,
  grantsQuery,
  grantsView,
  grantView,
  revokeBody,
  type GrantPayload,
} from './schema.js';
import { showDownload, showGrant } from './view.js';

export interface GrantRouteDeps extends CommitDeps {
  readonly evidenceObjects: ObjectStore;
}

export function grantRoutes(deps: GrantRouteDeps): readonly Route[] {
  const { database, publicUrl } = deps;
  return [
    defineRoute({
      method: 'post',
      path: '/datasets/catalog/{slug}/download',
      operationId: 'downloadDataset',
      summary: 'Grant a download: a receipt, and links that live ten minutes',
      auth: caller('datasets:download'),
      may: mayDownload,
      params: slugParams,
      query: none,
      body: downloadBody,
      response: orPending(downloadView),
      status: 201,
      alsoStatus: [202],
      refuses: [
        'forbidden',
        'invalid_request',
        'membership_required',
        'not_found',
        'idempotency_mismatch',
        'package_withdrawn',
        'grant_over',
        'use_not_licensed',
        'licence_acceptance_required',
        'quota_exceeded',
        'ledger_paused',
        'unavailable',
      ],
      handle: async ({ actor, params, body, request }) => {
        const payload = payloadOf(actor, params.slug, body);
        const committed = await commitThrough(deps, {
          name: 'issueGrant',
          actor,
          request,
          body: payload,
          payload,
          subjectId: newId('grant'),
          precheck: async (tenant) => {
            await requireGrantable(tenant, payload, new Date());
          },
        });
        const answer = reply(committed, grantResult);
        if (!('grant_id' in answer.body)) return { ...answer, body: answer.body };
        return {
          ...answer,
          body: await issueLinks(deps, actor, answer.body.grant_id),
          headers: { ...answer.headers, ...PRIVATE },
        };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/datasets/grants',
      operationId: 'listGrants',
      summary: 'Grants of the organization, newest first',
      auth: caller('read'),
      params: none,
      query: grantsQuery,
      body: noBody,
      response: grantsView,
      status: 200,
      refuses: ['invalid_request'],
      handle: async ({ actor, query }) => {
        const asked = readPage(query);
        const grants = await database.tenant(actor.orgId, (tenant) => listGrants(tenant, asked, query.slug));
        const dated = grants.map((grant) => ({ grant, id: grant.id, createdAt: grant.issuedAt }));
        const { shown, nextCursor } = cutPage(dated, asked.limit);
        const now = new Date();
        return {
          body: { data: shown.map(({ grant }) => showGrant(grant, now)), next_cursor: nextCursor },
          headers: nextLink(publicUrl, '/datasets/grants', query, nextCursor),
        };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/datasets/grants/{grant_id}',
      operationId: 'getGrant',
      summary: 'One grant, without links',
      auth: caller('read'),
      params: grantParams,
      query: none,
      body: noBody,
      response: grantView,
      status: 200,
      refuses: ['not_found'],
      handle: async ({ actor, params }) => {
        const grant = await database.tenant(actor.orgId, (tenant) => findGrant(tenant, params.grant_id));
        return { body: showGrant(required(grant), new Date()) };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/datasets/grants/{grant_id}/links',
      operationId: 'reissueLinks',
      summary: 'New links for a live grant; each issue is counted',
      auth: caller('datasets:download'),
      may: mayDownload,
      params: grantParams,
      query: none,
      body: noBody,
      response: downloadView,
      status: 200,
      refuses: ['forbidden', 'membership_required', 'not_found', 'grant_over'],
      handle: async ({ actor, params }) => ({ body: await issueLinks(deps, actor, params.grant_id), headers: PRIVATE }),
    }),
    defineRoute({
      method: 'post',
      path: '/datasets/grants/{grant_id}/revoke',
      operationId: 'revokeGrant',
      summary: 'End a grant: no more links, and no training on it',
      auth: caller('datasets:download'),
      may: mayDownload,
      params: grantParams,
      query: none,
      body: revokeBody,
      response: grantView,
      status: 200,
      refuses: ['forbidden', 'invalid_request', 'not_found'],
      handle: async ({ actor, params, body, request }) => {
        const grant = await database.tenant(actor.orgId, async (tenant) => {
          const before = required(await findGrant(tenant, params.grant_id));
          if (before.revokedAt) return before;
          await recordEvent(tenant, {
            actor: commandActor(actor, request),
            action: 'dataset.grant_revoked',
            target: before.id,
          });
          return required(await revokeGrant(tenant, before.id, body.reason));
        });
        return { body: showGrant(grant, new Date()) };
      },
    }),
  ];
}

/** Links are for the one who asked: no cache keeps them. */
const PRIVATE = { 'Cache-Control': 'no-store' };

const payloadOf = (actor: OrgActor, slug: string, body: z.output<typeof downloadBody>): GrantPayload => ({
  slug,
  version: body.version ?? null,
  acceptedSha256: body.accept_licence_sha256 ?? null,
  purpose: body.purpose,
  uses: body.uses,
  files: body.files ?? null,
  principal: actor.kind === 'key' ? actor.keyId : actor.userId,
});

/** Counts a redemption and makes the links from the committed grant; a grant that is over or a lapsed member gets none. */
async function issueLinks(
  { database, evidenceObjects }: GrantRouteDeps,
  actor: OrgActor,
  id: string,
): Promise<z.input<typeof downloadView>> {
  const grant = await database.tenant(actor.orgId, async (tenant) => {
    required(await findGrant(tenant, id));
    await requireEntitled(tenant);
    return redeemGrant(tenant, id);
  });
  if (!grant) throw new Refusal('grant_over', 'The grant was revoked, has expired, or gave all its links.');
  return showDownload(evidenceObjects, grant, new Date());
}

function required(grant: Grant | undefined): Grant {
  if (!grant) throw new Refusal('not_found', 'No such grant.');
  return grant;
}
