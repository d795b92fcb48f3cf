import { z } from 'zod';
import { flag, listed, pass, skip, step, type Finding } from '../finding.js';
import type { Claim, EngineInputs } from '../frozen.js';
import { isList, isObject } from '../expression/value.js';
import { schemaFaults } from '../output-schema.js';
import { findQuotes, type Said } from '../quotes.js';
import { plain, tuned, type BuiltIns } from './built-in.js';

const sectionParams = z.strictObject({ sections: z.array(z.string()).max(100).optional() });
const citationParams = z.strictObject({ require_quote: z.boolean().default(false) });
const attemptParams = z.strictObject({ limit: z.int().min(1).default(5) });

/** SUB: there is a submission, it fits, it says what is missing, and its claims have sources. */
export const submissionRules: BuiltIns = {
  'SUB-001': plain(({ submission }) =>
    submission
      ? pass('A current submission exists.', submission.id)
      : flag('There is no current submission.', 'none', 'one', { pointers: ['/submission'] }),
  ),
  'SUB-002': plain(({ submission, evidence }) => {
    if (!submission) return skip('There is no submission to compare with.');
    const late = evidence.filter(({ stored_at, captured_at }) =>
      [stored_at, captured_at].some((at) => at !== null && Date.parse(at) > Date.parse(submission.submitted_at)),
    );
    if (late.length === 0) return pass('All evidence is older than the submission.');
    return flag(
      listed(late.map(({ id, stored_at }) => `${id} stored ${stored_at}`)),
      `${String(late.length)} late`,
      `before ${submission.submitted_at}`,
      {
        evidence_ids: late.map(({ id }) => id),
        pointers: late.map((item) => `/evidence/${String(evidence.indexOf(item))}`),
      },
    );
  }),
  'SUB-003': plain(({ submission, sheet }) => {
    if (!submission) return skip('There is no submission to validate.');
    if (!sheet.required_output_schema) return skip('The sheet declares no output schema.');
    const faults = schemaFaults(sheet.required_output_schema, submission.output);
    if (faults.length === 0) return pass('The output fits the schema.');
    return flag(
      listed(faults.map(({ pointer, message }) => `${pointer || '/'} ${message}`)),
      `${String(faults.length)} faults`,
      '0 faults',
      { pointers: faults.map(({ pointer }) => `/submission/output${pointer}`) },
    );
  }),
  'SUB-004': tuned(sectionParams, ({ submission, sheet, run }, { sections }) => {
    if (!submission) return skip('There is no submission to read.');
    const required = sections ?? stringsOf(sheet.required_output_schema?.['required']);
    const empty = required.filter((name) => isEmpty(fieldOf(submission.output, name)));
    const absent = (sheet.required_inputs ?? []).filter((name) => isEmpty(fieldOf(run.inputs, name)));
    const undisclosed = absent.filter((name) => !submission.missing_inputs.some((text) => text.includes(name)));
    if (empty.length + undisclosed.length === 0) return pass('Every section is filled, every absent input disclosed.');
    const detail = [
      ...(empty.length > 0 ? [`empty: ${listed(empty)}`] : []),
      ...(undisclosed.length > 0 ? [`absent and not disclosed: ${listed(undisclosed)}`] : []),
    ].join('; ');
    return flag(detail, `${String(empty.length + undisclosed.length)} faults`, '0 faults', {
      pointers: [
        ...empty.map((name) => `/submission/output${step(name)}`),
        ...undisclosed.map((name) => `/run/inputs${step(name)}`),
      ],
    });
  }),
  'SUB-005': tuned(citationParams, citedClaims),
  'SUB-006': tuned(attemptParams, ({ run }, { limit }) =>
    run.attempt <= limit
      ? pass(`Attempt ${String(run.attempt)} of ${String(limit)}.`, String(run.attempt))
      : flag(`This is attempt ${String(run.attempt)}.`, String(run.attempt), `at most ${String(limit)}`, {
          difference: String(run.attempt - limit),
          pointers: ['/run/attempt'],
        }),
  ),
};

const stringsOf = (value: unknown): readonly string[] =>
  isList(value) ? value.filter((item) => typeof item === 'string') : [];
const fieldOf = (value: unknown, name: string): unknown =>
  isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value === 'string') return value.trim() === '';
  if (isList(value)) return value.length === 0;
  return isObject(value) && Object.keys(value).length === 0;
}

function citedClaims(
  { submission, evidence }: EngineInputs,
  { require_quote }: z.output<typeof citationParams>,
): Finding {
  if (!submission) return skip('There is no submission to read.');
  if (submission.claims.length === 0) return skip('The submission makes no claim.');
  const said = findQuotes(submission.claims, evidence);
  const known = new Set(evidence.map(({ id }) => id));
  const faults = submission.claims.flatMap((claim, i) => {
    const fault = claimFault(claim, { known, said }, require_quote);
    return fault === undefined ? [] : [{ i, text: `claim ${String(i)} ${fault}` }];
  });
  if (faults.length === 0) return pass(`${String(submission.claims.length)} claims cite evidence of the run.`);
  return flag(
    listed(faults.map(({ text }) => text)),
    `${String(faults.length)} of ${String(submission.claims.length)} not supported`,
    'every claim cites its source',
    { pointers: faults.map(({ i }) => `/submission/claims/${String(i)}`) },
  );
}

function claimFault(
  { evidence_ids, quote }: Claim,
  { known, said }: { readonly known: ReadonlySet<string>; readonly said: Said },
  requireQuote: boolean,
): string | undefined {
  if (evidence_ids.length === 0) return 'cites nothing';
  const unknown = evidence_ids.find((id) => !known.has(id));
  if (unknown !== undefined) return `cites ${unknown}, which the run does not have`;
  if (quote === undefined) return requireQuote ? 'quotes nothing' : undefined;
  const readable = evidence_ids.flatMap((id) => said.get(id) ?? []);
  if (readable.length === 0) return 'quotes evidence that is no text';
  return readable.some((quotes) => quotes.has(quote)) ? undefined : 'quotes what its evidence does not say';
}
