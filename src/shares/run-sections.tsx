import type { ComponentChildren, VNode } from 'preact';
import { z } from 'zod';
import { Row } from './sections.js';

const rule = z.object({
  id: z.string(),
  audit: z.enum(['flight_sheet', 'core']).optional(),
  result: z.string(),
  severity: z.string(),
  grader: z.string(),
  detail: z.string().optional(),
});
type Rule = z.output<typeof rule>;

/** What the page of a run's receipt shows of its predicate. */
const runPredicate = z.looseObject({
  kind: z.literal('run'),
  issuedAt: z.string(),
  decision: z.enum(['approved', 'rejected']).default('approved'),
  run: z.object({
    lane: z.string(),
    attempt: z.number(),
    openedAt: z.string().optional(),
    title: z.string().optional(),
  }),
  flightSheet: z.object({ slug: z.string(), version: z.string(), digest: z.string(), rules: z.array(rule) }),
  engine: z.object({ version: z.string(), auditedAt: z.string().optional() }),
  agent: z.object({ name: z.string().optional(), version: z.string().optional() }),
  evidence: z.object({
    root: z.string(),
    items: z.array(
      z.object({
        kind: z.string(),
        sensitivity: z.string(),
        label: z.string().optional(),
        sha256: z.string().optional(),
      }),
    ),
  }),
  submission: z.object({ submittedAt: z.string(), outputSha256: z.string().optional() }),
  verdict: z.object({ outcome: z.string(), because: z.array(z.string()) }),
  approvals: z.array(
    z.object({
      decision: z.string(),
      role: z.string(),
      at: z.string(),
      approver: z.string().optional(),
      note: z.string().optional(),
    }),
  ),
});
type RunPredicate = z.output<typeof runPredicate>;

/** Whether a predicate is one of a run's receipt, of any version. */
export const isRunPredicate = (value: unknown): boolean => runPredicate.safeParse(value).success;

export const runTitle = (value: unknown): string => runPredicate.parse(value).run.title ?? 'Title withheld';

export function RunSections({ predicate: given }: { readonly predicate: unknown }): VNode {
  const predicate = runPredicate.parse(given);
  const rejected = predicate.decision === 'rejected';
  return (
    <>
      <p>
        <span class={rejected ? 'bad' : 'good'}>{predicate.decision}</span> on the verdict{' '}
        <span class={predicate.verdict.outcome === 'grounded' ? 'bad' : 'good'}>{predicate.verdict.outcome}</span>
        {predicate.verdict.because.length > 0 ? ` (${predicate.verdict.because.join(', ')})` : null}.
      </p>
      <table>
        <Row name="Flight sheet">
          {predicate.flightSheet.slug} {predicate.flightSheet.version}, engine {predicate.engine.version}
        </Row>
        <Row name="Agent">
          <bdi>{predicate.agent.name ?? 'withheld'}</bdi> <bdi>{predicate.agent.version ?? ''}</bdi>
        </Row>
        <Row name="Output SHA-256">
          <code>{predicate.submission.outputSha256 ?? 'withheld'}</code>
        </Row>
        <Row name="Evidence root">
          <code>{predicate.evidence.root}</code>
        </Row>
      </table>
      <h2>Timeline</h2>
      <Timeline predicate={predicate} />
      <h2>Findings</h2>
      <Findings rules={predicate.flightSheet.rules} />
      <h2>Evidence</h2>
      <EvidenceTable items={predicate.evidence.items} />
    </>
  );
}

function Timeline({ predicate }: { readonly predicate: RunPredicate }): VNode {
  const { run, submission, engine, approvals } = predicate;
  const steps: readonly (readonly [string | undefined, ComponentChildren])[] = [
    [run.openedAt, `Run opened in the lane ${run.lane}`],
    [submission.submittedAt, `Submission of attempt ${String(run.attempt)}`],
    [engine.auditedAt, 'Flight-sheet audit'],
    ...approvals.map(
      ({ at, decision, role, approver, note }) =>
        [
          at,
          <>
            {decision} by <bdi>{approver ?? 'a person whose name is withheld'}</bdi> ({role})
            {note ? (
              <>
                : <bdi>{note}</bdi>
              </>
            ) : null}
          </>,
        ] as const,
    ),
    [predicate.issuedAt, 'Receipt issued'],
  ];
  return <table>{steps.map(([at, what]) => (at === undefined ? null : <Row name={at}>{what}</Row>))}</table>;
}

const auditNames = { flight_sheet: 'flight sheet', core: 'core engine' } as const;

/** Both audits apply some of the same rules: equal findings are one row, which names both. */
export function mergeFindings(rules: readonly Rule[]): readonly (Rule & { readonly audits: readonly string[] })[] {
  const merged = new Map<string, Rule & { readonly audits: readonly string[] }>();
  for (const one of rules) {
    const { id, result, severity, grader, detail, audit } = one;
    const key = JSON.stringify([id, result, severity, grader, detail]);
    const audits = [...(merged.get(key)?.audits ?? []), audit ? auditNames[audit] : ''];
    merged.set(key, { ...one, audits: audits.filter((name, i) => name !== '' && audits.indexOf(name) === i) });
  }
  return [...merged.values()];
}

function Findings({ rules }: { readonly rules: readonly Rule[] }): VNode {
  return (
    <table>
      <tr>
        <th>Rule</th>
        <th>Result</th>
        <th>Severity</th>
        <th>Audit</th>
        <th>Graded by</th>
      </tr>
      {mergeFindings(rules).map(({ id, result, severity, grader, detail, audits }) => (
        <tr>
          <td>
            <code>{id}</code>
            {detail === undefined ? null : (
              <div class="soft" dir="auto">
                {detail}
              </div>
            )}
          </td>
          <td class={result === 'pass' || result === 'skip' ? 'good' : 'bad'}>{result}</td>
          <td>{severity}</td>
          <td>{audits.join(', ')}</td>
          <td>{grader}</td>
        </tr>
      ))}
    </table>
  );
}

function EvidenceTable({ items }: { readonly items: RunPredicate['evidence']['items'] }): VNode {
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
          <td dir="auto">{label ?? 'withheld'}</td>
          <td>
            <code>{sha256 ?? 'withheld'}</code>
          </td>
        </tr>
      ))}
    </table>
  );
}
