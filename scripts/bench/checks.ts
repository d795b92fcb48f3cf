import { cpus } from 'node:os';
import { runRules, digestsOf } from '../../src/checks/engine.js';
import type { EngineInputs } from '../../src/checks/frozen.js';
import { compute } from '../../src/checks/math.js';
import { compileSchema } from '../../src/checks/output-schema.js';
import type { Rule } from '../../src/flight-sheets/schema.js';
import { parseStrictJson } from '../../src/http/strict-json.js';
import { cleanAnswers, cleanInputs, everySheet, judge } from './corpus.js';
import { defects, type Defect } from './defects.js';
import { cyclicSchemas, hostileBodies, hostileExpressions, repeatingQuotes, repeatingText } from './hostile.js';

const RULES = 1000;
const ROUNDS = 21;
const AUDITS = 10_000;
const MIB = 1024 * 1024;
const out = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** Detection and false flags on the corpus, the time of a large audit, and memory over many. */
export function benchChecks(): Promise<void> {
  out(`${String(cpus().length)} cores, Node ${process.version}`);
  detection();
  hostility();
  large();
  memory();
  return Promise.resolve();
}

function detection(): void {
  const found = defects.filter(({ rule, inputs, answers }) => judge(inputs, answers)[rule]?.startsWith('flag'));
  let quiet = 0;
  let wrong = 0;
  const clean: Defect = { rule: '', name: 'clean', also: [], inputs: cleanInputs, answers: cleanAnswers };
  for (const { rule, also, inputs, answers } of [...defects, clean]) {
    for (const [key, status] of Object.entries(judge(inputs, answers))) {
      if (key === rule || also.includes(key)) continue;
      quiet += 1;
      if (status.startsWith('flag') || status === 'error') wrong += 1;
    }
  }
  out(`detection: ${String(found.length)} of ${String(defects.length)} seeded defects`);
  out(`false flags: ${String(wrong)} of ${String(quiet)} judgements of rules without a defect`);
}

/** How long the longest refusal of each kind takes; a case that is not refused is named. */
function hostility(): void {
  const numbers = { a: 1, xs: Array.from({ length: 100 }, (_, i) => i) };
  slowest(
    'hostile expressions',
    hostileExpressions.map((text) => [text.slice(0, 40), () => compute(text, numbers)]),
  );
  slowest(
    'cyclic schemas',
    cyclicSchemas.map(([name, schema]) => [name, () => compileSchema(schema)]),
  );
  slowest(
    'hostile bodies',
    hostileBodies.map(([name, body]) => [name, () => parseStrictJson(Buffer.from(body))]),
  );
  const { submission } = cleanInputs;
  const [evidence] = cleanInputs.evidence;
  const rule = everySheet.rules.filter(({ id }) => id === 'SUB-005');
  if (!submission || !evidence) throw new Error('hostility: the corpus has no submission');
  const claims = repeatingQuotes.map((quote) => ({ text: 'It says so.', evidence_ids: [evidence.id], quote }));
  const repeating = {
    ...cleanInputs,
    evidence: [{ ...evidence, text: repeatingText }],
    submission: { ...submission, claims },
  };
  const read = (): void => {
    const [result] = runRules(rule, repeating);
    if (result?.status === 'error') throw new Error(result.detail);
  };
  slowest('1 MiB of claims that repeat themselves', [['claims', read]]);
}

function slowest(what: string, cases: readonly (readonly [string, () => unknown])[]): void {
  let worst = 0;
  for (const [name, run] of cases) {
    const began = process.hrtime.bigint();
    try {
      run();
      out(`NOT REFUSED: ${name}`);
    } catch {
      worst = Math.max(worst, Number(process.hrtime.bigint() - began) / 1e6);
    }
  }
  out(`${what}: ${String(cases.length)} refused, the slowest after ${worst.toFixed(0)} ms`);
}

/** 1,000 rules, most of them expressions, over a submission of 1 MiB. */
function largeInputs(): { readonly rules: readonly Rule[]; readonly inputs: EngineInputs } {
  const [rule] = everySheet.rules.filter(({ id }) => id === 'POL-001');
  if (rule?.kind !== 'auto') throw new Error('largeInputs: the corpus has no expression rule');
  const written = Array.from({ length: RULES - everySheet.rules.length }, (_, i): Rule => ({
    ...rule,
    id: `BIG-${String(i).padStart(3, '0')}`,
    expr: `output.rows[${String(i)}].value * 2 >= ${String(i % 7)} and length(output.rows[${String(i)}].name) > 3`,
  }));
  const rows = Array.from({ length: 10_000 }, (_, i) => ({ name: `row ${String(i)} ${'x'.repeat(70)}`, value: i }));
  const { submission } = cleanInputs;
  if (!submission) throw new Error('largeInputs: the corpus has no submission');
  const output = { ...(typeof submission.output === 'object' ? submission.output : {}), rows };
  const inputs = { ...cleanInputs, submission: { ...submission, output } };
  out(
    `submission: ${(JSON.stringify(output).length / MIB).toFixed(2)} MiB, rules: ${String(written.length + everySheet.rules.length)}`,
  );
  return { rules: [...everySheet.rules, ...written], inputs };
}

function large(): void {
  const { rules, inputs } = largeInputs();
  const times = Array.from({ length: ROUNDS }, () => {
    const began = process.hrtime.bigint();
    digestsOf(inputs, runRules(rules, inputs));
    return Number(process.hrtime.bigint() - began) / 1e6;
  }).sort((a, b) => a - b);
  out(
    `one audit with its digests: p50 ${(times[Math.floor(ROUNDS / 2)] ?? 0).toFixed(0)} ms, worst ${(times.at(-1) ?? 0).toFixed(0)} ms`,
  );
}

function memory(): void {
  const small = everySheet.rules.filter(({ id }) => id !== 'COK-001');
  const heap: number[] = [];
  for (let i = 0; i <= AUDITS; i += 1) {
    digestsOf(cleanInputs, runRules(small, cleanInputs));
    if (i % (AUDITS / 10) === 0) heap.push(process.memoryUsage().rss / MIB);
  }
  out(`resident memory over ${String(AUDITS)} audits: ${heap.map((mib) => mib.toFixed(0)).join(' ')} MiB`);
}
