import { z } from 'zod';
import type { Database } from '../db/database.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { caller } from '../http/gates.js';
import { Refusal } from '../kernel/refusals.js';
import { coseReceipt, findRootSignature } from '../ledger/cose.js';
import { proveReceipt } from './logged.js';
import { receiptParams } from './schema.js';
import { findReceipt, findToken, listDisclosures } from './store.js';

export interface ExportRouteDeps {
  readonly database: Database;
}

/** A receipt in the forms of other ecosystems, from the same commitments and the same log. */
export function exportRoutes({ database }: ExportRouteDeps): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/receipts/{receipt_id}/cose',
      operationId: 'getCoseReceipt',
      summary: 'The inclusion as a COSE receipt (RFC 9942)',
      auth: caller('read'),
      params: receiptParams,
      query: none,
      body: noBody,
      response: z.string().meta({ format: 'binary' }),
      status: 200,
      media: ['application/cose'],
      refuses: ['not_found', 'unavailable'],
      handle: async ({ actor, params }) => {
        const receipt = await database.tenant(actor.orgId, (tenant) => findReceipt(tenant, params.receipt_id));
        if (!receipt) throw new Refusal('not_found', 'No such receipt.');
        const proven = await proveReceipt(database.knex, receipt);
        const signature = proven && (await findRootSignature(database.knex, proven.logId, proven.treeSize));
        if (!proven || !signature)
          throw new Refusal('unavailable', 'The entry is not under a published checkpoint yet.', { retry_after: 1 });
        const { index, hashes } = proven.logged;
        const content = coseReceipt(proven.log, { size: proven.treeSize, index, hashes, signature });
        return { media: 'application/cose', content };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/receipts/{receipt_id}/sd-jwt',
      operationId: 'getSdJwt',
      summary: 'The receipt as an SD-JWT (RFC 9901) with every disclosure that was not erased',
      auth: caller('read'),
      params: receiptParams,
      query: none,
      body: noBody,
      response: z.string(),
      status: 200,
      media: ['application/sd-jwt'],
      refuses: ['not_found'],
      handle: async ({ actor, params }) => {
        const found = await database.tenant(actor.orgId, async (tenant) => ({
          token: await findToken(tenant, params.receipt_id),
          stored: await listDisclosures(tenant, params.receipt_id),
        }));
        if (found.token === undefined) throw new Refusal('not_found', 'No such receipt, or one from before SD-JWTs.');
        const shown = found.stored.flatMap(({ disclosure }) => (disclosure === null ? [] : [disclosure]));
        return { media: 'application/sd-jwt', content: `${[found.token, ...shown].join('~')}~` };
      },
    }),
  ];
}
