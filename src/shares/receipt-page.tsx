import type { VNode } from 'preact';
import { renderSVG } from 'uqr';
import { isSandboxLog } from '../ledger/sandbox-log.js';
import { page } from '../http/page.js';
import type { Annotation } from '../receipts/annotation-store.js';
import type { ShareDocument } from './assemble.js';
import { isRunPredicate, RunSections, runTitle } from './run-sections.js';
import { Row, Rows } from './sections.js';

export interface ReceiptPlace {
  readonly shareUrl: string;
}

/** The receipt as one page, for the browser and for print. Everything in it is escaped; nothing is fetched. */
export function receiptPage(document: ShareDocument, place: ReceiptPlace, style?: string): string {
  return page(`Receipt ${document.receipt.id}`, <Receipt document={document} place={place} />, style);
}

const LIMITS = [
  'That it was not revoked after this was made: ask for the share again.',
  'That the log shows everyone the same history: compare checkpoints with a monitor or with witnesses.',
  'When it was logged, beyond what the issuer states.',
];

function annotationLine({ status, createdAt, erased, mintedAs }: Annotation): string {
  const entry = mintedAs === null ? '' : ` (${mintedAs})`;
  const at = `${createdAt.toISOString()}${entry}`;
  if (status === 'revoked') return `REVOKED by its issuer at ${at}: do not rely on this receipt.`;
  if (status === 'superseded') return `Superseded at ${at}.`;
  return `${String(erased.length)} fields were erased at ${at}. What is signed stays as it was.`;
}

function Receipt({ document, place }: { readonly document: ShareDocument; readonly place: ReceiptPlace }): VNode {
  const { predicate, frame, receipt, proven } = document;
  const run = isRunPredicate(predicate);
  const sandbox = isSandboxLog(proven.logId);
  return (
    <main>
      {sandbox ? <p class="bad banner">SANDBOX: a trial that proves nothing. No public log has this receipt.</p> : null}
      {document.annotations.map(({ annotation }) => (
        <p class="bad banner">{annotationLine(annotation)}</p>
      ))}
      <div class="head">
        <div>
          <p class="soft">
            {sandbox ? 'SANDBOX receipt' : 'Receipt'} ·{' '}
            <bdi>{frame.organization.name ?? `organization ${frame.organization.alias.slice(0, 12)}`}</bdi>
          </p>
          <h1 dir="auto">{run ? runTitle(predicate) : `${receipt.kind.replaceAll('_', ' ')} receipt`}</h1>
          <p class="soft">
            {receipt.id}, issued {frame.issuedAt}, revision {frame.revision}
          </p>
          {document.supersededBy === null ? null : (
            <p class="bad">Superseded by another receipt: {document.supersededBy}</p>
          )}
        </div>
        <div class="qr" dangerouslySetInnerHTML={{ __html: renderSVG(place.shareUrl, { border: 1 }) }} />
      </div>
      {run ? <RunSections predicate={predicate} /> : <Rows value={predicate} />}
      <h2>Ledger</h2>
      <table>
        <Row name="Log">
          {proven.logId}
          {sandbox ? ' (what sandboxes try out, not the public ledger)' : ''}
        </Row>
        <Row name="Entry">
          {proven.logged.index} in a tree of {proven.treeSize}, integrated {proven.integratedAt.toISOString()}
        </Row>
        <Row name="Signed bytes SHA-256">
          <code>{receipt.paeDigest}</code>
        </Row>
        <Row name="In the organization's sequence">
          number {frame.chain.seq}, after <code>{frame.chain.prev.slice(0, 16)}…</code>
        </Row>
      </table>
      <h2>What this proves</h2>
      <p>
        {sandbox
          ? 'Nothing about anybody: sandboxes sign with keys that no trust root of the public ledger lists.'
          : 'That what stands here was signed together by one key, that it stands in the public log named above, and that no byte of it has changed since.'}
      </p>
      <h2>What it does not prove</h2>
      <ul>
        {[...frame.notChecked, ...LIMITS].map((line) => (
          <li>{line}</li>
        ))}
      </ul>
      <h2>Check it yourself</h2>
      <p class="soft">
        <code>
          defendable verify {place.shareUrl} --trust {sandbox ? 'sandbox_' : ''}trusted_root.json
        </code>
        . The PDF of this receipt carries the signed bundle as an attachment and verifies without a network.
      </p>
    </main>
  );
}
