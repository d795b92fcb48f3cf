import type { ObjectStore } from '../adapters/object-store.js';
import type { Tokens } from '../auth/tokens.js';
import { commandActor } from '../commands/actor.js';
import { once } from '../commands/store.js';
import { recordEvent } from '../audit-log/store.js';
import type { Database } from '../db/database.js';
import { newId } from '../db/new-id.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { person } from '../http/gates.js';
import { plainCommand, replayHeaders } from '../http/idempotency.js';
import { Refusal } from '../kernel/refusals.js';
import { receiptParams } from '../receipts/schema.js';
import { annotateOnce } from '../receipts/annotation-store.js';
import type { AnnotationDurable } from '../receipts/durable.js';
import { eraseDisclosures, listDisclosures } from '../receipts/store.js';
import { mayErase, mayEverShare } from './policy.js';
import { requireReceipt, requireShareable } from './require.js';
import { createShareBody, eraseBody, erasureView, ownShareParams, ownSharesView, ownShareView } from './schema.js';
import { findShare, insertShare, listShares, renewEditions, revokeShare } from './store.js';
import { showErasure, showOwnShare } from './view.js';

export interface OwnShareRouteDeps {
  readonly database: Database;
  readonly tokens: Tokens;
  readonly objects: ObjectStore;
  readonly publicUrl: string;
  readonly annotations: AnnotationDurable;
}

/** What the organization does with the shares of its receipts. */
export function ownShareRoutes(deps: OwnShareRouteDeps): readonly Route[] {
  const { database, tokens, objects, annotations } = deps;
  return [
    defineRoute({
      method: 'post',
      path: '/receipts/{receipt_id}/shares',
      operationId: 'createShare',
      summary: 'Share a receipt by link',
      auth: person,
      may: mayEverShare,
      params: receiptParams,
      query: none,
      body: createShareBody,
      response: ownShareView,
      status: 201,
      refuses: ['forbidden', 'own_runs_only', 'invalid_request', 'not_found', 'idempotency_mismatch'],
      handle: async ({ actor, params, body, request }) => {
        const { profile, expires_at, max_views = null } = body;
        const expiresAt = expires_at === undefined ? null : new Date(expires_at);
        if (expiresAt !== null && expiresAt.getTime() <= Date.now())
          throw new Refusal('invalid_request', 'A share cannot expire in the past: correct expires_at.');
        const command = plainCommand(actor, `createShare ${params.receipt_id}`, request, body);
        const { result, replayed } = await database.tenant(actor.orgId, async (tenant) => {
          const receipt = await requireShareable(tenant, actor, params.receipt_id);
          return once(tenant, command, ownShareView, async () => {
            const id = newId('share');
            const tokenHash = tokens.hash(tokens.issue('share', id));
            const createdBy = actor.userId;
            const limits = { expiresAt, maxViews: max_views };
            const share = await insertShare(tenant, {
              ...limits,
              ...{ id, receiptId: receipt.id, tokenHash, profile, createdBy },
            });
            await recordEvent(tenant, { actor: commandActor(actor, request), action: 'share.created', target: id });
            return showOwnShare(share, deps);
          });
        });
        return { body: result, headers: replayHeaders(replayed) };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/receipts/{receipt_id}/shares',
      operationId: 'listShares',
      summary: 'The shares of a receipt, with their links and counters',
      auth: person,
      may: mayEverShare,
      params: receiptParams,
      query: none,
      body: noBody,
      response: ownSharesView,
      status: 200,
      refuses: ['forbidden', 'own_runs_only', 'not_found'],
      handle: async ({ actor, params }) => {
        const shares = await database.tenant(actor.orgId, async (tenant) => {
          await requireShareable(tenant, actor, params.receipt_id);
          return listShares(tenant, params.receipt_id);
        });
        return { body: { data: shares.map((share) => showOwnShare(share, deps)) } };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/shares/{share_id}/revoke',
      operationId: 'revokeShare',
      summary: 'Close a share; its link answers 410 from now on',
      auth: person,
      may: mayEverShare,
      params: ownShareParams,
      query: none,
      body: noBody,
      response: ownShareView,
      status: 200,
      refuses: ['forbidden', 'own_runs_only', 'not_found'],
      handle: async ({ actor, params, request }) => {
        const share = await database.tenant(actor.orgId, async (tenant) => {
          const found = await findShare(tenant, params.share_id);
          if (!found) throw new Refusal('not_found', 'No such share.');
          await requireShareable(tenant, actor, found.receiptId);
          if (found.revokedAt !== null) return found;
          await recordEvent(tenant, { actor: commandActor(actor, request), action: 'share.revoked', target: found.id });
          return revokeShare(tenant, found.id, actor.userId);
        });
        if (!share) throw new Error(`revokeShare: ${params.share_id} was there and is gone`);
        return { body: showOwnShare(share, deps) };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/receipts/{receipt_id}/erasures',
      operationId: 'eraseDisclosures',
      summary: 'Erase disclosures for good; the receipt still verifies',
      auth: person,
      may: mayErase,
      params: receiptParams,
      query: none,
      body: eraseBody,
      response: erasureView,
      status: 200,
      refuses: ['forbidden', 'invalid_request', 'not_found', 'not_erasable'],
      handle: async ({ actor, params, body, request }) => {
        const { annotation, fields, erased, keys } = await database.tenant(actor.orgId, async (tenant) => {
          const receipt = await requireReceipt(tenant, params.receipt_id);
          const known = new Set((await listDisclosures(tenant, receipt.id)).map(({ pointer }) => pointer));
          const strange = body.pointers.filter((pointer) => !known.has(pointer));
          if (strange.length > 0)
            throw new Refusal(
              'not_erasable',
              `The receipt has no erasable field at ${strange.slice(0, 5).join(', ')}.`,
            );
          const count = await eraseDisclosures(tenant, receipt.id, body.pointers);
          if (count > 0) {
            const event = { actor: commandActor(actor, request), action: 'receipt.erased', target: receipt.id };
            await recordEvent(tenant, event);
          }
          const id = newId('annotation');
          const tombstone = {
            ...{ id, receiptId: receipt.id, status: 'erased' as const, occasion: `erased/${id}`, replacementId: null },
            ...{ erased: body.pointers, reason: body.reason, role: actor.role, createdBy: actor.userId },
          };
          return {
            annotation: count > 0 ? (await annotateOnce(tenant, tombstone)).annotation : undefined,
            fields: await listDisclosures(tenant, receipt.id),
            erased: count,
            keys: await renewEditions(tenant, receipt.id),
          };
        });
        // Safe to fail: no share leads to these objects any more; a repeated request finds none to remove.
        await Promise.all(keys.map((key) => objects.remove(key)));
        if (annotation) await annotations.mint(annotation);
        return { body: showErasure(params.receipt_id, erased, fields) };
      },
    }),
  ];
}
