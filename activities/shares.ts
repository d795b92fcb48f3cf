import { createHash } from 'node:crypto';
import { attachToPdf } from '../src/adapters/pdf-attachment.js';
import type { ObjectStore } from '../src/adapters/object-store.js';
import type { PdfPrinter } from '../src/adapters/pdf-printer.js';
import { createPrintFonts } from '../src/adapters/print-fonts.js';
import type { Tokens } from '../src/auth/tokens.js';
import type { Database } from '../src/db/database.js';
import { findReceiptOf } from '../src/receipts/store.js';
import { assembleShare } from '../src/shares/assemble.js';
import { receiptPage } from '../src/shares/receipt-page.js';
import { findFirstShare, findShare, recordPdf, type Share } from '../src/shares/store.js';
import { showShare } from '../src/shares/view.js';
import type { RunRef } from './runs.js';

export interface ShareRef {
  readonly orgId: string;
  readonly shareId: string;
}
export interface ShareActivities {
  renderReceiptPdf(ref: RunRef): Promise<void>;
  renderSharePdf(ref: ShareRef): Promise<void>;
}
export interface ShareDeps {
  readonly database: Database;
  readonly objects: ObjectStore;
  readonly printer: PdfPrinter;
  readonly tokens: Tokens;
  readonly publicUrl: string;
}

/** The activities of the pdf worker, which has Chromium and nothing else to do. */
export function createShareActivities({ database, objects, printer, tokens, publicUrl }: ShareDeps): ShareActivities {
  const fonts = createPrintFonts();
  const render = async (share: Share): Promise<void> => {
    if (share.pdfKey !== null) return;
    const document = await assembleShare(database, share);
    if (!document) throw new Error(`render: the receipt ${share.receiptId} is not published yet`);
    if (document.annotations.some(({ bundle }) => bundle === null))
      throw new Error(`render: an annotation of ${share.receiptId} is not published yet`);
    const { receipt } = document;
    const token = tokens.issue('share', share.id);
    const place = { shareUrl: `${publicUrl}/share/${token}` };
    const style = PRINT + (await fonts.styleFor(receiptPage(document, place)));
    const html = receiptPage(document, place, style + pages(receipt.id, receipt.paeDigest));
    const printed = await printer.print(html);
    const pdf = await attachToPdf(
      printed,
      {
        name: `${receipt.id}.json`,
        bytes: Buffer.from(JSON.stringify(showShare(share, document, { publicUrl, token }))),
        mimeType: 'application/json',
        description: 'The signed receipt: check it with defendable verify, or any Sigstore client.',
      },
      { title: `Receipt ${receipt.id}`, at: receipt.issuedAt },
    );
    const sha256 = createHash('sha256').update(pdf).digest('hex');
    const key = `pdf/${share.id}/${sha256}.pdf`;
    await objects.putOnce(key, pdf, 'application/pdf');
    await database.tenant(share.orgId, (tenant) => recordPdf(tenant, share, { key, sha256 }));
  };
  return {
    /** Safe to retry: the object is named by its digest, and the first PDF recorded for a share stands. */
    async renderReceiptPdf({ orgId, runId }) {
      const share = await database.tenant(orgId, async (tenant) => {
        const receipt = await findReceiptOf(tenant, 'run', runId);
        return receipt && findFirstShare(tenant, receipt.id);
      });
      if (!share) throw new Error(`renderReceiptPdf: ${runId} has no share`);
      await render(share);
    },
    /** Safe to retry as above. A share whose fields were erased meanwhile keeps nothing of this edition. */
    async renderSharePdf({ orgId, shareId }) {
      const share = await database.tenant(orgId, (tenant) => findShare(tenant, shareId));
      if (!share) throw new Error(`renderSharePdf: there is no share ${shareId}`);
      await render(share);
    },
  };
}

/** On every page: which receipt, the digest of what was signed, and which page of how many. */
const pages = (receiptId: string, digest: string): string =>
  `@page{size:A4;margin:16mm 14mm 18mm;@bottom-left{content:"${receiptId} · ${digest}";${FOOT}}@bottom-right{content:counter(page) " / " counter(pages);${FOOT}}}`;
const FOOT = 'font:7px "noto-sans";color:#555;white-space:nowrap';

const PRINT =
  ':root{color-scheme:light}body{padding:0;max-width:none;font-size:11px}h1{font-size:18px}h2{font-size:13px}code{font-size:9px}tr{break-inside:avoid}h2{break-after:avoid}';
