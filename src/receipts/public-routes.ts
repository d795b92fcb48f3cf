import { z } from 'zod';
import type { Database } from '../db/database.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { anyone } from '../http/gates.js';
import { Refusal } from '../kernel/refusals.js';
import { listKeys, type SigningKey } from '../ledger/keys.js';
import { parseReceipt } from '../verifier/bundle.js';
import { VerifierFault } from '../verifier/fault.js';
import { exitCodeOf } from '../verifier/ladder.js';
import { verifyReceipt } from '../verifier/receipt.js';
import { joinTrust, parseTrust } from '../verifier/trust.js';
import { trustedRoot } from './bundle.js';
import { publishedSchemas } from './kinds/all.js';

const schemaParams = z.strictObject({
  kind: z.string().regex(/^[a-z-]{1,32}$/),
  version: z.string().regex(/^v\d{1,3}$/),
});

const verifyBody = z.strictObject({
  receipt: z
    .record(z.string(), z.unknown())
    .meta({ description: 'A Sigstore bundle of a receipt, or a share document with its disclosures.' }),
});
const verifiedView = z
  .strictObject({
    ok: z.boolean(),
    rungs: z.array(
      z.strictObject({
        name: z.string(),
        state: z.enum(['proven', 'failed', 'missing', 'not_asked']),
        detail: z.string(),
      }),
    ),
    not_proven: z.array(z.string()),
    receipt: z.record(z.string(), z.unknown()).nullable(),
  })
  .meta({ id: 'Verified' });

function check(receipt: unknown, keys: readonly SigningKey[]): z.input<typeof verifiedView> {
  const logs = parseTrust(JSON.stringify(trustedRoot(keys)));
  const receiptKeys = keys.filter(({ purpose }) => purpose === 'receipt').map(({ publicKey }) => parseTrust(publicKey));
  try {
    const report = verifyReceipt(parseReceipt(receipt), joinTrust([logs, ...receiptKeys]));
    const rungs = report.rungs.map((rung) => ({ ...rung }));
    const shown = report.receipt ? { ...report.receipt } : null;
    return { ok: exitCodeOf(report) === 0, rungs, not_proven: [...report.notProven], receipt: shown };
  } catch (error) {
    if (!(error instanceof VerifierFault)) throw error;
    if (error.kind === 'malformed')
      throw new Refusal('invalid_request', `This is no receipt: ${error.message}.`, {}, { cause: error });
    const rung = { name: 'receipt', state: 'failed' as const, detail: error.message };
    return { ok: false, rungs: [rung], not_proven: [], receipt: null };
  }
}

/** What anyone may ask without an account: what receipts look like, and whether one holds. */
export function publicReceiptRoutes({ database }: { readonly database: Database }): readonly Route[] {
  return [
    defineRoute({
      method: 'post',
      path: '/verify',
      operationId: 'verifyReceipt',
      summary: 'Check a bundle or a share document against the published keys; nothing is kept',
      auth: anyone,
      params: none,
      query: none,
      body: verifyBody,
      response: verifiedView,
      status: 200,
      refuses: ['invalid_request', 'payload_too_large'],
      handle: async ({ body }) => ({ body: check(body.receipt, await listKeys(database.knex)) }),
    }),
    defineRoute({
      method: 'get',
      path: '/schemas/receipt/{kind}/{version}',
      operationId: 'getPredicateSchema',
      summary: 'JSON Schema of a predicate type',
      auth: anyone,
      params: schemaParams,
      query: none,
      body: noBody,
      response: z.record(z.string(), z.unknown()),
      status: 200,
      refuses: ['not_found'],
      handle: ({ params }) => {
        const schema = publishedSchemas.get(`${params.kind}/${params.version}`);
        if (!schema) throw new Refusal('not_found', 'No such predicate type.');
        return Promise.resolve({ body: { ...schema }, headers: { 'Cache-Control': 'public, max-age=3600' } });
      },
    }),
  ];
}
