import { z } from 'zod';
import type { ObjectStore } from '../adapters/object-store.js';
import type { Tokens } from '../auth/tokens.js';
import type { Database } from '../db/database.js';
import type { Growth } from '../db/listen.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { anyone } from '../http/gates.js';
import { Refusal } from '../kernel/refusals.js';
import { assembleShare, type ShareDocument } from './assemble.js';
import type { ShareDurable } from './durable.js';
import { receiptPage } from './receipt-page.js';
import { shareParams, shareView } from './schema.js';
import { shareState } from './rules.js';
import { countView, findShareByToken, type Share } from './store.js';
import { showShare } from './view.js';

export interface ShareRouteDeps {
  readonly database: Database;
  readonly tokens: Tokens;
  readonly objects: ObjectStore;
  readonly publicUrl: string;
  readonly growth: Growth;
  readonly shares: ShareDurable;
}

/** How long a PDF that is still being printed is waited for, in milliseconds. */
const PDF_WAIT_MS = 10_000;
/** The PDF of a receipt's first share is owed by its run: only one that does not come is asked for, in milliseconds. */
const PRINT_AFTER_MS = 1_000;
const HEADERS = { 'X-Robots-Tag': 'noindex', 'Cache-Control': 'private, no-cache' };

export function shareRoutes(deps: ShareRouteDeps): readonly Route[] {
  const { publicUrl, objects } = deps;
  return [
    defineRoute({
      method: 'get',
      path: '/share/{token}',
      operationId: 'getShare',
      summary: 'The public, redacted receipt',
      auth: anyone,
      params: shareParams,
      query: none,
      body: noBody,
      response: shareView,
      status: 200,
      media: ['text/html'],
      refuses: ['not_found', 'share_gone', 'not_acceptable', 'unavailable'],
      handle: async ({ params, request }) => {
        const type = request.accepts(['application/json', 'text/html']);
        if (type === undefined) throw new Refusal('not_acceptable', 'A share is JSON or a page.');
        const document = await requireDocument(deps, await requireShare(deps, params.token, false));
        const share = await requireShare(deps, params.token, true);
        if (type === 'text/html') {
          const content = receiptPage(document, { shareUrl: `${publicUrl}/share/${params.token}` });
          return { media: 'text/html; charset=utf-8', content, headers: HEADERS };
        }
        return { body: showShare(share, document, { publicUrl, token: params.token }), headers: HEADERS };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/share/{token}/pdf',
      operationId: 'getSharePdf',
      summary: 'The same receipt as a PDF',
      auth: anyone,
      params: shareParams,
      query: none,
      body: noBody,
      response: z.string().meta({ format: 'binary' }),
      status: 200,
      media: ['application/pdf'],
      refuses: ['not_found', 'share_gone', 'unavailable'],
      handle: async ({ params }) => {
        const share = await awaitPdf(deps, params.token);
        await requireShare(deps, params.token, true);
        const pdf = await objects.read(share.pdfKey);
        if (!pdf) throw new Refusal('unavailable', 'The PDF is not in storage.', { retry_after: 10 });
        const headers = {
          ...HEADERS,
          ETag: `"${share.pdfSha256}"`,
          'Content-Disposition': `inline; filename="${share.receiptId}.pdf"`,
        };
        return { media: 'application/pdf', content: pdf.body, headers };
      },
    }),
  ];
}

/** Unknown tokens answer alike, whatever they look like. `counts` when this is a view of the share. */
async function requireShare({ database, tokens }: ShareRouteDeps, token: string, counts: boolean): Promise<Share> {
  const tokenHash = tokens.hash(token);
  return database.outsider({ tokenHash }, async (outsider) => {
    const share = await findShareByToken(outsider, tokenHash);
    if (!share) throw new Refusal('not_found', 'No such share.');
    const open = shareState(share, new Date()) === 'active' && (!counts || (await countView(outsider, share)));
    if (!open) throw new Refusal('share_gone', 'This share is no longer open.');
    return share;
  });
}

async function requireDocument({ database }: ShareRouteDeps, share: Share): Promise<ShareDocument> {
  const document = await assembleShare(database, share);
  if (!document)
    throw new Refusal('unavailable', 'The receipt is not under a published checkpoint yet.', { retry_after: 1 });
  return document;
}

async function awaitPdf(
  deps: ShareRouteDeps,
  token: string,
): Promise<Share & { readonly pdfKey: string; readonly pdfSha256: string }> {
  const began = Date.now();
  let asked = false;
  for (;;) {
    const woken = deps.growth.next(250);
    const share = await requireShare(deps, token, false);
    const { pdfKey, pdfSha256 } = share;
    if (pdfKey !== null && pdfSha256 !== null) return { ...share, pdfKey, pdfSha256 };
    if (!asked && Date.now() - began > PRINT_AFTER_MS) {
      asked = true;
      await deps.shares.print(share);
    }
    if (Date.now() - began > PDF_WAIT_MS)
      throw new Refusal('unavailable', 'The PDF is still being printed.', { retry_after: 2 });
    await woken;
  }
}
