import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { attachToPdf } from '../src/adapters/pdf-attachment.js';
import type { ObjectStore } from '../src/adapters/object-store.js';
import type { PdfPrinter } from '../src/adapters/pdf-printer.js';
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

const require = createRequire(import.meta.url);

/** The activities of the pdf worker, which has Chromium and nothing else to do. */
export function createShareActivities({ database, objects, printer, tokens, publicUrl }: ShareDeps): ShareActivities {
  let fonts: Promise<string> | undefined;
  const render = async (share: Share): Promise<void> => {
    if (share.pdfKey !== null) return;
    const document = await assembleShare(database, share);
    if (!document) throw new Error(`render: the receipt ${share.receiptId} is not published yet`);
    if (document.annotations.some(({ bundle }) => bundle === null))
      throw new Error(`render: an annotation of ${share.receiptId} is not published yet`);
    fonts ??= embeddedFonts();
    const { receipt } = document;
    const token = tokens.issue('share', share.id);
    const style = (await fonts) + pages(receipt.id, receipt.paeDigest);
    const html = receiptPage(document, { shareUrl: `${publicUrl}/share/${token}` }, style);
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
const FOOT = 'font:7px "Noto Sans";color:#555;white-space:nowrap';

const SUBSETS = ['latin', 'latin-ext', 'cyrillic', 'greek', 'vietnamese', 'devanagari'];
const RANGES: Readonly<Record<string, string>> = {
  latin:
    'U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+2000-206F,U+20AC,U+2122,U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD',
  'latin-ext': 'U+0100-02BA,U+02BD-02C5,U+1E00-1E9F,U+1EF2-1EFF,U+2020,U+20A0-20AB,U+20AD-20C0,U+2C60-2C7F,U+A720-A7FF',
  cyrillic: 'U+0301,U+0400-045F,U+0490-0491,U+04B0-04B1,U+2116',
  greek: 'U+0370-03FF',
  vietnamese: 'U+0102-0103,U+0110-0111,U+0128-0129,U+0168-0169,U+01A0-01A1,U+01AF-01B0,U+1EA0-1EF9,U+20AB',
  devanagari: 'U+0900-097F,U+1CD0-1CF9,U+200C-200D,U+20A8,U+20B9,U+25CC,U+A830-A839,U+A8E0-A8FF',
};

/** Font faces as data, so that a PDF looks alike on every host. */
async function embeddedFonts(): Promise<string> {
  const faces = SUBSETS.flatMap((subset) => [400, 700].map((weight) => fontFace(subset, weight)));
  return `:root{color-scheme:light}body{padding:0;max-width:none;font-size:11px}h1{font-size:18px}h2{font-size:13px}*{font-family:"Noto Sans"!important}code{font-size:9px}tr{break-inside:avoid}h2{break-after:avoid}${(await Promise.all(faces)).join('')}`;
}

async function fontFace(subset: string, weight: number): Promise<string> {
  const path = require.resolve(`@fontsource/noto-sans/files/noto-sans-${subset}-${String(weight)}-normal.woff2`);
  const data = (await readFile(path)).toString('base64');
  return `@font-face{font-family:"Noto Sans";font-weight:${String(weight)};src:url(data:font/woff2;base64,${data}) format("woff2");unicode-range:${RANGES[subset] ?? 'U+0-10FFFF'}}`;
}
