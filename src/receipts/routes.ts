import { z } from 'zod';
import type { Tokens } from '../auth/tokens.js';
import type { Database, Tenant } from '../db/database.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { anyone, caller } from '../http/gates.js';
import { Refusal } from '../kernel/refusals.js';
import { listKeys, listSandboxKeys } from '../ledger/keys.js';
import { proofText } from '../ledger/note.js';
import { giveCommand, orPending, reply, type RunCommandDeps } from '../runs/command.js';
import { mayRecord } from '../runs/policy.js';
import { runParams } from '../runs/schema.js';
import { findRun } from '../runs/store.js';
import { findFirstShare } from '../shares/store.js';
import { sigstoreBundle, trustedRoot } from './bundle.js';
import { proveReceipt } from './logged.js';
import { listAnnotations } from './annotation-store.js';
import { occasionOf, receiptStatus } from './rules.js';
import { mintedResult, receiptParams, receiptView } from './schema.js';
import { findReceipt, findReceiptFor, findReceiptOf, type Receipt } from './store.js';

export interface ReceiptRouteDeps extends RunCommandDeps {
  readonly tokens: Tokens;
  readonly logId: string;
}

export function receiptRoutes(deps: ReceiptRouteDeps): readonly Route[] {
  const { database, logId } = deps;
  return [
    defineRoute({
      method: 'post',
      path: '/runs/{run_id}/receipt',
      operationId: 'mintReceipt',
      summary: "Mint the run's receipt",
      auth: caller('receipt:mint'),
      may: mayRecord,
      params: runParams,
      query: none,
      body: noBody,
      response: orPending(receiptView),
      status: 201,
      alsoStatus: [200, 202],
      refuses: [
        'forbidden',
        'not_found',
        'not_approved',
        'incident_open',
        'invalid_transition',
        'separation_of_duties',
        'ledger_paused',
        'unavailable',
      ],
      handle: async ({ actor, params, request }) => {
        const existing = await database.tenant(actor.orgId, (tenant) => findMinted(tenant, params.run_id));
        if (existing) return { status: 200, body: await showReceipt(deps, existing) };
        const answer = reply(
          await giveCommand(deps, { actor, request, runId: params.run_id, event: 'mint', body: null, payload: null }),
          mintedResult,
        );
        if (!('receipt_id' in answer.body)) return { ...answer, body: answer.body };
        const { receipt_id } = answer.body;
        const receipt = await database.tenant(actor.orgId, (tenant) => findReceipt(tenant, receipt_id));
        if (!receipt) throw new Error(`mintReceipt: ${receipt_id} was answered but is not there`);
        return { ...answer, body: await showReceipt(deps, receipt) };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/receipts/{receipt_id}',
      operationId: 'getReceipt',
      summary: 'One receipt of the organization',
      auth: caller('read'),
      params: receiptParams,
      query: none,
      body: noBody,
      response: receiptView,
      status: 200,
      refuses: ['not_found'],
      handle: async ({ actor, params }) => ({
        body: await showReceipt(deps, await requireReceipt(database, actor.orgId, params.receipt_id)),
      }),
    }),
    defineRoute({
      method: 'get',
      path: '/receipts/{receipt_id}/bundle',
      operationId: 'getBundle',
      summary: 'The receipt as a Sigstore bundle v0.3',
      auth: caller('read'),
      params: receiptParams,
      query: none,
      body: noBody,
      response: z.record(z.string(), z.unknown()),
      status: 200,
      refuses: ['not_found', 'unavailable'],
      handle: async ({ actor, params }) => {
        const { logged, log } = await requireProof(
          deps,
          await requireReceipt(database, actor.orgId, params.receipt_id),
        );
        return { body: { ...sigstoreBundle(logged, log) } };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/receipts/{receipt_id}/tlog-proof',
      operationId: 'getTlogProof',
      summary: 'The inclusion proof as C2SP tlog-proof',
      auth: caller('read'),
      params: receiptParams,
      query: none,
      body: noBody,
      response: z.string(),
      status: 200,
      media: ['text/plain'],
      refuses: ['not_found', 'unavailable'],
      handle: async ({ actor, params }) => {
        const { logged } = await requireProof(deps, await requireReceipt(database, actor.orgId, params.receipt_id));
        return {
          media: 'text/plain; charset=utf-8',
          content: proofText({ index: logged.index, hashes: logged.hashes, checkpoint: logged.checkpoint }),
        };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/.well-known/defendablecloud/trusted_root.json',
      operationId: 'getTrustedRoot',
      summary: 'Sigstore TrustedRoot of the ledger',
      auth: anyone,
      params: none,
      query: none,
      body: noBody,
      response: z.record(z.string(), z.unknown()),
      status: 200,
      refuses: [],
      handle: async () => ({
        body: { ...trustedRoot(await listKeys(database.knex)) },
        headers: { 'Cache-Control': 'public, max-age=300' },
      }),
    }),
    defineRoute({
      method: 'get',
      path: '/.well-known/defendablecloud/sandbox_trusted_root.json',
      operationId: 'getSandboxTrustedRoot',
      summary: 'Sigstore TrustedRoot of what sandboxes try out: it proves nothing about anybody',
      auth: anyone,
      params: none,
      query: none,
      body: noBody,
      response: z.record(z.string(), z.unknown()),
      status: 200,
      refuses: [],
      handle: async () => ({
        body: { ...trustedRoot(await listSandboxKeys(database.knex)) },
        headers: { 'Cache-Control': 'public, max-age=300' },
      }),
    }),
    defineRoute({
      method: 'get',
      path: '/ledger/keys',
      operationId: 'listLedgerKeys',
      summary: 'Public keys of the log and of receipts',
      auth: anyone,
      params: none,
      query: none,
      body: noBody,
      response: keysView,
      status: 200,
      refuses: [],
      handle: async () => {
        const keys = await listKeys(database.knex);
        const data = keys.map(({ keyId, purpose, publicKey, vkey, validFrom, validTo }) => ({
          key_id: keyId,
          purpose,
          public_key: publicKey,
          vkey,
          valid_from: validFrom.toISOString(),
          valid_to: validTo?.toISOString() ?? null,
        }));
        return { body: { origin: logId, data }, headers: { 'Cache-Control': 'public, max-age=300' } };
      },
    }),
  ];
}

/** The receipt of what the run is now, if it was minted before. */
async function findMinted(tenant: Tenant, runId: string): Promise<Receipt | undefined> {
  const run = await findRun(tenant, runId);
  return run && findReceiptFor(tenant, { kind: 'run', subjectId: run.id, occasion: occasionOf(run) });
}

const keysView = z
  .strictObject({
    origin: z.string(),
    data: z.array(
      z.strictObject({
        key_id: z.string(),
        purpose: z.enum(['receipt', 'log', 'log_mldsa']),
        public_key: z.string(),
        vkey: z.string().nullable(),
        valid_from: z.iso.datetime(),
        valid_to: z.iso.datetime().nullable(),
      }),
    ),
  })
  .meta({ id: 'LedgerKeys' });

async function requireReceipt(database: Database, orgId: string, id: string): Promise<Receipt> {
  const receipt = await database.tenant(orgId, (tenant) => findReceipt(tenant, id));
  if (!receipt) throw new Refusal('not_found', 'No such receipt.');
  return receipt;
}

async function requireProof(
  { database }: ReceiptRouteDeps,
  receipt: Receipt,
): Promise<NonNullable<Awaited<ReturnType<typeof proveReceipt>>>> {
  const proven = await proveReceipt(database.knex, receipt);
  if (!proven)
    throw new Refusal('unavailable', 'The entry is not under a published checkpoint yet.', { retry_after: 1 });
  return proven;
}

async function showReceipt(
  { database, tokens, publicUrl }: ReceiptRouteDeps,
  receipt: Receipt,
): Promise<z.input<typeof receiptView>> {
  const { share, newest, annotations } = await database.tenant(receipt.orgId, async (tenant) => ({
    share: await findFirstShare(tenant, receipt.id),
    newest: await findReceiptOf(tenant, receipt.kind, receipt.subjectId),
    annotations: await listAnnotations(tenant, receipt.id),
  }));
  if (!share) throw new Error(`showReceipt: ${receipt.id} has no share`);
  const proven = await proveReceipt(database.knex, receipt);
  return {
    id: receipt.id,
    kind: receipt.kind,
    run_id: receipt.subjectId,
    sequence: receipt.orgSeq,
    issued_at: receipt.issuedAt.toISOString(),
    payload_sha256: receipt.paeDigest,
    key_id: receipt.keyId,
    status: receiptStatus(annotations, newest?.id !== receipt.id),
    share_url: `${publicUrl}/share/${tokens.issue('share', share.id)}`,
    ledger: proven ? { origin: proven.logId, index: proven.logged.index, tree_size: proven.treeSize } : null,
    bundle: proven ? { ...sigstoreBundle(proven.logged, proven.log) } : null,
  };
}
