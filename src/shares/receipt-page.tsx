import type { ComponentChildren, VNode } from 'preact';
import { renderSVG } from 'uqr';
import { page } from '../http/page.js';
import { runPredicate, type Predicate, type ShareDocument } from './assemble.js';

export interface ReceiptPlace {
  readonly shareUrl: string;
  readonly logId: string;
}

/** The receipt as one page, for the browser and for print. Everything in it is escaped; nothing is fetched. */
export function receiptPage(document: ShareDocument, place: ReceiptPlace, style?: string): string {
  return page(`Receipt ${document.receipt.id}`, <Receipt document={document} place={place} />, style);
}

function Receipt({ document, place }: { readonly document: ShareDocument; readonly place: ReceiptPlace }): VNode {
  const { receipt, proven } = document;
  const predicate = runPredicate.parse(document.predicate);
  return (
    <main>
      <p class="soft">
        Receipt · {predicate.organization.name ?? `organization ${predicate.organization.alias.slice(0, 12)}`}
      </p>
      <h1>{predicate.run.title ?? 'Title withheld'}</h1>
      <p>
        Verdict{' '}
        <span class={predicate.verdict.outcome === 'grounded' ? 'bad' : 'good'}>{predicate.verdict.outcome}</span>,
        approved by a second person, entry {proven.logged.index} of the public ledger.
      </p>
      <table>
        <Row name="Receipt id">
          <code>{receipt.id}</code>
        </Row>
        <Row name="Issued">{predicate.issuedAt}</Row>
        <Row name="Flight sheet">
          {predicate.flightSheet.slug} {predicate.flightSheet.version}
        </Row>
        <Row name="Agent">{[predicate.agent.name ?? 'withheld', predicate.agent.version ?? ''].join(' ')}</Row>
        <Row name="Submitted">
          {predicate.submission.submittedAt}, attempt {predicate.run.attempt}
        </Row>
        <Row name="Output SHA-256">
          <code>{predicate.submission.outputSha256 ?? 'withheld'}</code>
        </Row>
        <Row name="Payload SHA-256">
          <code>{receipt.paeDigest}</code>
        </Row>
      </table>
      <h2>Findings</h2>
      <Findings rules={predicate.flightSheet.rules} />
      <h2>Evidence</h2>
      <EvidenceTable items={predicate.evidence.items} />
      <h2>Approval</h2>
      <table>
        {predicate.approvals.map(({ decision, role, at, approver }) => (
          <Row name={decision}>
            {approver ?? 'name withheld'} ({role}), {at}
          </Row>
        ))}
      </table>
      <h2>Ledger</h2>
      <table>
        <Row name="Log">{place.logId}</Row>
        <Row name="Entry">
          {proven.logged.index} in a tree of {proven.treeSize}
        </Row>
        <Row name="Integrated">{proven.integratedAt.toISOString()}</Row>
      </table>
      <h2>What this proves</h2>
      <p>
        That these digests, results and approvals were signed together, that the receipt stands in the public log, and
        that no byte has changed since.
      </p>
      <h2>What it does not prove</h2>
      <ul>
        {predicate.notChecked.map((line) => (
          <li>{line}</li>
        ))}
      </ul>
      <p class="soft">{place.shareUrl}</p>
      <div class="qr" dangerouslySetInnerHTML={{ __html: renderSVG(place.shareUrl, { border: 1 }) }} />
    </main>
  );
}

function Row({ name, children }: { readonly name: string; readonly children?: ComponentChildren }): VNode {
  return (
    <tr>
      <th>{name}</th>
      <td>{children}</td>
    </tr>
  );
}

function Findings({ rules }: { readonly rules: Predicate['flightSheet']['rules'] }): VNode {
  return (
    <table>
      <tr>
        <th>Rule</th>
        <th>Result</th>
        <th>Severity</th>
        <th>Graded by</th>
      </tr>
      {rules.map(({ id, result, severity, grader, detail }) => (
        <tr>
          <td>
            <code>{id}</code>
            {detail === undefined ? null : <div class="soft">{detail}</div>}
          </td>
          <td class={result === 'pass' || result === 'skip' ? 'good' : 'bad'}>{result}</td>
          <td>{severity}</td>
          <td>{grader}</td>
        </tr>
      ))}
    </table>
  );
}

function EvidenceTable({ items }: { readonly items: Predicate['evidence']['items'] }): VNode {
  return (
    <table>
      <tr>
        <th>Kind</th>
        <th>Label</th>
        <th>SHA-256</th>
      </tr>
      {items.map(({ kind, label, sha256 }) => (
        <tr>
          <td>{kind}</td>
          <td>{label ?? 'withheld'}</td>
          <td>
            <code>{sha256 ?? 'withheld'}</code>
          </td>
        </tr>
      ))}
    </table>
  );
}
