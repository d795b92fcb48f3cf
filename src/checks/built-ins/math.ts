import { z } from 'zod';
import { Decimal } from 'decimal.js';
import { isList, isObject } from '../expression/value.js';
import { flag, listed, pass, skip, step, type Finding } from '../finding.js';
import type { EngineInputs, EngineSubmission, Quantity } from '../frozen.js';
import { checkMath } from '../math.js';
import { readUnit, sameUnit, showUnit, unitOf } from '../units.js';
import { plain, tuned, type BuiltIns } from './built-in.js';

const traceParams = z.strictObject({
  inputs: z.array(z.string()).max(200).optional().meta({ description: 'Names to trace; all when left out.' }),
});

/** MTH: numbers come out again, agree everywhere, come from somewhere, and have units that fit. */
export const mathRules: BuiltIns = {
  'MTH-001': plain(({ submission, sheet }, budget) => {
    if (!submission || submission.calculations.length === 0) return skip('The submission states no calculation.');
    return checkMath(submission.calculations, sheet.tolerance, budget);
  }),
  'MTH-002': plain(oneValueEach),
  'MTH-003': tuned(traceParams, tracedInputs),
  'MTH-004': plain(consistentUnits),
};

interface Place extends Quantity {
  readonly pointer: string;
}

/** Every named quantity of a submission, with where it stands. */
function quantities({ output, claims, calculations }: EngineSubmission): readonly Place[] {
  const places: Place[] = [];
  calculations.forEach(({ name, claimed, unit }, i) => {
    places.push({ name, value: claimed, unit, pointer: `/submission/calculations/${String(i)}` });
  });
  claims.forEach((claim, i) => {
    claim.quantities?.forEach((quantity, j) => {
      places.push({ ...quantity, pointer: `/submission/claims/${String(i)}/quantities/${String(j)}` });
    });
  });
  const known = new Set(places.map(({ name }) => name));
  collect(output, '/submission/output', known, places);
  return places;
}

/** Objects with name and value, and fields named like a calculation or a claimed quantity. */
function collect(value: unknown, pointer: string, known: ReadonlySet<string>, places: Place[]): void {
  if (isList(value)) {
    value.forEach((item, i) => {
      collect(item, `${pointer}/${String(i)}`, known, places);
    });
    return;
  }
  if (!isObject(value)) return;
  const { name, value: number, unit } = value;
  if (typeof name === 'string' && typeof number === 'number')
    places.push({ name, value: number, unit: typeof unit === 'string' ? unit : undefined, pointer });
  for (const [key, field] of Object.entries(value)) {
    if (typeof field === 'number' && known.has(key))
      places.push({ name: key, value: field, pointer: pointer + step(key) });
    else collect(field, pointer + step(key), known, places);
  }
}

function grouped(places: readonly Place[]): ReadonlyMap<string, readonly Place[]> {
  const groups = new Map<string, Place[]>();
  for (const place of places) {
    const key = place.name.trim().toLowerCase();
    const group = groups.get(key);
    if (group) group.push(place);
    else groups.set(key, [place]);
  }
  return groups;
}

function oneValueEach({ submission, sheet }: EngineInputs): Finding {
  if (!submission) return skip('There is no submission to read.');
  const groups = grouped(quantities(submission));
  if (groups.size === 0) return skip('The submission names no quantity.');
  const conflicts = [...groups.values()].filter((group) =>
    group.some((place) => differs(group[0], place, sheet.tolerance.pass)),
  );
  if (conflicts.length === 0) return pass(`${String(groups.size)} named quantities have one value each.`);
  const [first = []] = conflicts;
  return flag(
    listed(conflicts.map((group) => `${group[0]?.name ?? ''}: ${listed(group.map(({ value }) => String(value)))}`)),
    listed(first.map(({ value }) => String(value))),
    'one value per name',
    { pointers: conflicts.flatMap((group) => group.map(({ pointer }) => pointer)) },
  );
}

function differs(first: Place | undefined, { value }: Place, tolerance: number): boolean {
  if (!first) return false;
  return Math.abs(first.value - value) > tolerance * Math.max(Math.abs(first.value), Math.abs(value));
}

/** A number as people write it: grouping by comma, space or apostrophe, decimals after a point. */
const NUMBER =
  /(?<![\w.])-?\d{1,3}(?:[,\u00a0\u202f' ]\d{3})+(?:\.\d{1,15})?(?![\w])|(?<![\w.])-?\d{1,20}(?:\.\d{1,15})?(?:e[+-]?\d{1,3})?(?!\w)/gi;

function tracedInputs({ submission, evidence }: EngineInputs, { inputs: only }: z.output<typeof traceParams>): Finding {
  if (!submission || submission.calculations.length === 0) return skip('The submission states no calculation.');
  const known = new Set<string>();
  for (const { text } of evidence) for (const token of text?.matchAll(NUMBER) ?? []) remember(token[0], known);
  const untraced = submission.calculations.flatMap(({ name, inputs }, i) =>
    Object.entries(inputs).flatMap(([key, value]) => {
      if (only && !only.includes(key)) return [];
      const lost = (isList(value) ? value : [value]).filter((number) => !known.has(new Decimal(number).toString()));
      const pointer = `/submission/calculations/${String(i)}/inputs${step(key)}`;
      return lost.map((number) => ({ text: `${name}.${key} = ${String(number)}`, pointer }));
    }),
  );
  if (untraced.length === 0) return pass('Every input stands in the evidence.');
  return flag(
    `Not in the evidence: ${listed(untraced.map(({ text }) => text))}.`,
    `${String(untraced.length)} untraced`,
    '0 untraced',
    { pointers: untraced.map(({ pointer }) => pointer) },
  );
}

/** A grouped number counts as a whole and, since a space may be mere space, as its parts. */
function remember(token: string, known: Set<string>): void {
  known.add(new Decimal(token.replaceAll(/[,\u00a0\u202f' ]/g, '')).toString());
  for (const part of token.split(/[\u00a0\u202f' ]/)) {
    const number = part.replaceAll(',', '');
    if (/\d$/.test(number)) known.add(new Decimal(number).toString());
  }
}

function consistentUnits({ submission }: EngineInputs): Finding {
  if (!submission) return skip('There is no submission to read.');
  const clashes: { text: string; pointers: readonly string[] }[] = [];
  let seen = 0;
  for (const group of grouped(quantities(submission)).values()) {
    const withUnit = group.flatMap(({ unit, pointer, name }) => (unit === undefined ? [] : [{ unit, pointer, name }]));
    seen += withUnit.length;
    const other = withUnit.find(({ unit }) => !alike(unit, withUnit[0]?.unit ?? unit));
    if (other)
      clashes.push({
        text: `${other.name}: ${withUnit[0]?.unit ?? ''} and ${other.unit}`,
        pointers: withUnit.map(({ pointer }) => pointer),
      });
  }
  submission.calculations.forEach(({ name, expression, unit, input_units }, i) => {
    if (!input_units) return;
    seen += 1;
    const fault = dimensionFault(expression, input_units, unit);
    if (fault !== undefined)
      clashes.push({ text: `${name}: ${fault}`, pointers: [`/submission/calculations/${String(i)}`] });
  });
  if (seen === 0) return skip('The submission declares no unit.');
  if (clashes.length === 0) return pass(`${String(seen)} units are consistent.`);
  return flag(listed(clashes.map(({ text }) => text)), `${String(clashes.length)} clashes`, '0 clashes', {
    pointers: clashes.flatMap(({ pointers }) => pointers),
  });
}

/** The same unit in one spelling; one that cannot be read equals only itself. */
function alike(left: string, right: string): boolean {
  if (left.trim() === right.trim()) return true;
  try {
    return sameUnit(readUnit(left), readUnit(right));
  } catch {
    return false;
  }
}

function dimensionFault(
  expression: string,
  units: Readonly<Record<string, string>>,
  declared: string | undefined,
): string | undefined {
  try {
    const derived = unitOf(expression, units);
    if (declared === undefined || sameUnit(derived, readUnit(declared))) return undefined;
    return `claimed in ${declared}, comes out in ${showUnit(derived)}`;
  } catch (error) {
    return error instanceof Error ? error.message : 'not derived';
  }
}
