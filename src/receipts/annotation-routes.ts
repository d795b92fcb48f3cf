import type { ObjectStore } from '../adapters/object-store.js';
import { recordEvent } from '../audit-log/store.js';
import { commandActor } from '../commands/actor.js';
import type { Database } from '../db/database.js';
import { newId } from '../db/new-id.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { caller, person } from '../http/gates.js';
import { Refusal } from '../kernel/refusals.js';
import { mayEverShare } from '../shares/policy.js';
import { requireReceipt, requireShareable } from '../shares/require.js';
import { renewEditions } from '../shares/store.js';
import { annotateOnce, listAnnotations } from './annotation-store.js';
import type { AnnotationDurable } from './durable.js';
import { annotateBody, annotationsView, annotationView, receiptParams } from './schema.js';
import { showAnnotation } from './view.js';

export interface AnnotationRouteDeps {
  readonly database: Database;
  readonly objects: ObjectStore;
  readonly annotations: AnnotationDurable;
}

/** What became of a receipt later: said in entries of its own, because a receipt that was issued is never changed. */
export function annotationRoutes({ database, objects, annotations }: AnnotationRouteDeps): readonly Route[] {
  return [
    defineRoute({
      method: 'post',
      path: '/receipts/{receipt_id}/annotations',
      operationId: 'annotateReceipt',
      summary: 'Revoke a receipt, or say which one speaks instead; a new entry of the log says so for good',
      auth: person,
      may: mayEverShare,
      params: receiptParams,
      query: none,
      body: annotateBody,
      response: annotationView,
      status: 201,
      alsoStatus: [200],
      refuses: ['forbidden', 'own_runs_only', 'invalid_request', 'not_found', 'unavailable'],
      handle: async ({ actor, params, body, request }) => {
        const { status, reason } = body;
        const replacementId = body.status === 'superseded' ? body.replacement_id : null;
        const { annotation, isNew, keys } = await database.tenant(actor.orgId, async (tenant) => {
          const receipt = await requireShareable(tenant, actor, params.receipt_id);
          if (receipt.kind === 'annotation')
            throw new Refusal('invalid_request', 'An annotation is final: annotate the receipt itself.');
          if (replacementId === receipt.id)
            throw new Refusal('invalid_request', 'A receipt does not supersede itself: correct replacement_id.');
          if (replacementId !== null) await requireReceipt(tenant, replacementId);
          const made = await annotateOnce(tenant, {
            id: newId('annotation'),
            receiptId: receipt.id,
            status,
            occasion: replacementId === null ? status : `${status}/${replacementId}`,
            ...{ replacementId, erased: [], reason, role: actor.role, createdBy: actor.userId },
          });
          if (!made.isNew) return { ...made, keys: [] };
          const event = { actor: commandActor(actor, request), action: `receipt.${status}`, target: receipt.id };
          await recordEvent(tenant, event);
          return { ...made, keys: await renewEditions(tenant, receipt.id) };
        });
        // Safe to fail: no share leads to these objects any more.
        await Promise.all(keys.map((key) => objects.remove(key)));
        if (annotation.mintedAs === null) await annotations.mint(annotation);
        return { status: isNew ? 201 : 200, body: showAnnotation(annotation) };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/receipts/{receipt_id}/annotations',
      operationId: 'listAnnotations',
      summary: 'What became of a receipt, oldest first',
      auth: caller('read'),
      params: receiptParams,
      query: none,
      body: noBody,
      response: annotationsView,
      status: 200,
      refuses: ['not_found'],
      handle: async ({ actor, params }) => {
        const data = await database.tenant(actor.orgId, async (tenant) => {
          await requireReceipt(tenant, params.receipt_id);
          return listAnnotations(tenant, params.receipt_id);
        });
        return { body: { data: data.map(showAnnotation) } };
      },
    }),
  ];
}
