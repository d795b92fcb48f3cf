import { RE2JS } from 're2js';
import { isKnown, paramFaults } from '../checks/built-ins/index.js';
import { compileSchema } from '../checks/output-schema.js';
import { grounding } from '../checks/rules.js';
import { evidenceKinds } from '../evidence/schema.js';
import type { Fault } from '../kernel/refusals.js';
import { lintExpressions } from './lint-expressions.js';
import { flightSheetSchema, type FlightSheet, type Rule } from './schema.js';

export type Linted =
  | { readonly sheet: FlightSheet; readonly faults: readonly [] }
  | { readonly sheet: undefined; readonly faults: readonly Fault[] };

const MAX_FAULTS = 200;
const fault = (path: string, code: string, message: string): Fault => ({ path, code, message });

/** Reads a sheet and names everything that is wrong with it at once; a sheet with a fault is not loaded. */
export function lintSheet(value: unknown): Linted {
  const parsed = flightSheetSchema.safeParse(value);
  const shape = parsed.success ? [] : parsed.error.issues.flatMap(shapeFaults);
  const readable = parsed.success ? parsed.data : withoutUnknown(value);
  const meaning = readable ? meaningFaults(readable) : [];
  const faults = [...shape, ...meaning].slice(0, MAX_FAULTS);
  if (parsed.success && faults.length === 0) return { sheet: parsed.data, faults: [] };
  return { sheet: undefined, faults };
}

type Issue = NonNullable<ReturnType<typeof flightSheetSchema.safeParse>['error']>['issues'][number];

function shapeFaults(issue: Issue): readonly Fault[] {
  const path = issue.path.map((one) => `/${String(one)}`).join('');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => fault(`${path}/${key}`, 'unknown_key', 'is not a known key'));
  return [fault(path, issue.code, issue.message)];
}

/** The same sheet without the keys nobody knows, so that its other faults are found in the same go. */
function withoutUnknown(value: unknown): FlightSheet | undefined {
  let candidate = structuredClone(value);
  for (let round = 0; round < 5; round += 1) {
    const parsed = flightSheetSchema.safeParse(candidate);
    if (parsed.success) return parsed.data;
    const unknown = parsed.error.issues.filter(({ code }) => code === 'unrecognized_keys');
    if (unknown.length !== parsed.error.issues.length) return undefined;
    for (const issue of unknown)
      if (issue.code === 'unrecognized_keys') candidate = without(candidate, issue.path, issue.keys);
  }
  return undefined;
}

function without(value: unknown, path: readonly PropertyKey[], keys: readonly string[]): unknown {
  const [first, ...rest] = path;
  if (Array.isArray(value)) return value.map((item: unknown, i) => (i === first ? without(item, rest, keys) : item));
  if (typeof value !== 'object' || value === null) return value;
  if (first === undefined) return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, key === first ? without(item, rest, keys) : item]),
  );
}

function meaningFaults(sheet: FlightSheet): readonly Fault[] {
  return [
    ...sheetFaults(sheet),
    ...schemaFaults(sheet),
    ...sheet.rules.flatMap((rule, i) => ruleFaults(rule, `/rules/${String(i)}`, sheet, i)),
    ...lintExpressions(sheet),
  ];
}

function sheetFaults({
  rules,
  tolerance,
  verdict_policy,
  four_eyes,
  required_evidence = [],
}: FlightSheet): readonly Fault[] {
  const { pass, info, major } = tolerance;
  const policy = verdict_policy?.grounded_on;
  const weighty = rules.some(
    ({ kind, severity }) => kind !== 'auto' && (severity === 'critical' || severity === 'major'),
  );
  return [
    ...(rules.some(({ severity }) => severity === 'critical')
      ? []
      : [fault('/rules', 'no_critical_rule', 'has no critical rule')]),
    ...(pass <= info && info < major
      ? []
      : [fault('/tolerance', 'bands_overlap', 'must rise from pass over info to major')]),
    ...(policy && !grounding.every((one) => policy.includes(one))
      ? [fault('/verdict_policy/grounded_on', 'policy_too_weak', 'must name critical and major')]
      : []),
    ...(weighty ? tooWeak(four_eyes) : []),
    ...required_evidence.flatMap(({ kind, label_pattern }, i) => [
      ...(isEvidenceKind(kind)
        ? []
        : [fault(`/required_evidence/${String(i)}/kind`, 'unknown_kind', 'is no kind of evidence')]),
      ...(label_pattern === undefined || compiles(label_pattern)
        ? []
        : [fault(`/required_evidence/${String(i)}/label_pattern`, 'bad_pattern', 'is no RE2 pattern')]),
    ]),
  ];
}

/** One person may do several things only where people answer minor rules alone. */
const tooWeak = ({ forbid_submitter, forbid_sole_grader = true }: FlightSheet['four_eyes']): readonly Fault[] =>
  Object.entries({ forbid_submitter, forbid_sole_grader })
    .filter(([, forbids]) => !forbids)
    .map(([name]) =>
      fault(`/four_eyes/${name}`, 'four_eyes_too_weak', 'may be false only where people answer minor rules alone'),
    );

const isEvidenceKind = (kind: string): boolean => evidenceKinds.some((known) => known === kind);

function compiles(pattern: string): boolean {
  try {
    RE2JS.compile(pattern);
    return true;
  } catch {
    return false;
  }
}

function schemaFaults({ required_output_schema }: FlightSheet): readonly Fault[] {
  if (!required_output_schema) return [];
  try {
    compileSchema(required_output_schema);
    return [];
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(0, 300) : 'unknown';
    return [fault('/required_output_schema', 'schema_does_not_compile', reason)];
  }
}

function ruleFaults(rule: Rule, at: string, sheet: FlightSheet, place: number): readonly Fault[] {
  const twice = sheet.rules.findIndex(({ id }) => id === rule.id) < place;
  const common = twice ? [fault(`${at}/id`, 'duplicate_id', `${rule.id} is the id of an earlier rule`)] : [];
  const human = rule.kind === 'auto' ? [] : humanFaults(rule, at);
  return rule.kind === 'human' ? [...common, ...human] : [...common, ...human, ...builtInFaults(rule, at, sheet)];
}

function humanFaults(
  { response, evidence_required = [] }: Exclude<Rule, { kind: 'auto' }>,
  at: string,
): readonly Fault[] {
  return [
    ...(response.type === 'number' && response.min > response.max
      ? [fault(`${at}/response`, 'empty_range', 'min is above max')]
      : []),
    ...evidence_required
      .filter((kind) => !isEvidenceKind(kind))
      .map((kind) => fault(`${at}/evidence_required`, 'unknown_kind', `${kind} is no kind of evidence`)),
  ];
}

function builtInFaults(rule: Exclude<Rule, { kind: 'human' }>, at: string, sheet: FlightSheet): readonly Fault[] {
  if (!isKnown(rule.check)) return [fault(`${at}/check`, 'unknown_check', `the engine has no rule ${rule.check}`)];
  const isExpression = rule.check === 'POL-001';
  return [
    ...(isExpression === (rule.expr !== undefined)
      ? []
      : [fault(`${at}/expr`, isExpression ? 'expr_missing' : 'expr_unused', 'belongs to POL-001, and only to it')]),
    ...paramFaults(rule.check, rule.params).map(({ path, message }) =>
      fault(`${at}/params${path}`, 'bad_param', message),
    ),
    ...unreachable(rule, at, sheet),
  ];
}

/** Rules that this sheet can never apply. */
function unreachable(rule: Exclude<Rule, { kind: 'human' }>, at: string, sheet: FlightSheet): readonly Fault[] {
  const evidence = sheet.required_evidence ?? [];
  const reasons: Readonly<Record<string, string | undefined>> = {
    'EVD-003': evidence.length === 0 ? 'the sheet requires no evidence' : undefined,
    'EVD-004': evidence.every(({ max_age_hours }) => max_age_hours === undefined)
      ? 'the sheet limits no age'
      : undefined,
    'SUB-003': sheet.required_output_schema === null ? 'the sheet has no output schema' : undefined,
    'POL-005': Object.keys(rule.params ?? {}).length === 0 ? 'the rule sets no limit' : undefined,
  };
  const reason = Object.hasOwn(reasons, rule.check) ? reasons[rule.check] : undefined;
  return reason === undefined ? [] : [fault(at, 'unreachable_rule', reason)];
}
