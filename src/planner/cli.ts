import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { Refusal } from '../kernel/refusals.js';
import { assess } from './assess.js';
import { plannerOptions } from './catalog.js';
import { assessmentBody, type Assessment } from './schema.js';

interface Terminal {
  out(text: string): void;
  error(text: string): void;
}
const USAGE = `Usage: defendable plan --model SLUG [--gpu SLUG] [--count N] [--goal serve|train] [--quantization NAME]
                       [--context TOKENS] [--concurrency N] [--method full|lora|qlora|dpo] [--tokens N] [--json]
       defendable plan REQUEST.json [--json]      the body of POST /stack-assessment
       defendable plan --options                  everything that can be named, with its sources

Nothing is sent anywhere. Exit codes: 0 it can be used as it is, 1 it cannot, 2 the request is not one.
`;
const options = {
  model: { type: 'string' },
  gpu: { type: 'string' },
  count: { type: 'string', default: '1' },
  goal: { type: 'string', default: 'serve' },
  quantization: { type: 'string' },
  context: { type: 'string' },
  concurrency: { type: 'string' },
  method: { type: 'string' },
  tokens: { type: 'string' },
  json: { type: 'boolean', default: false },
  options: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** One assessment from the command line, with the tables that this file was built with; returns the exit code. */
export async function planCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
    if (values.options) {
      terminal.out(`${JSON.stringify(plannerOptions(), null, 2)}\n`);
      return 0;
    }
    const [file] = positionals;
    if (values.help || (file === undefined && values.model === undefined)) {
      terminal.error(USAGE);
      return values.help ? 0 : 2;
    }
    const request: unknown = file === undefined ? requestOf(values) : JSON.parse(await readFile(file, 'utf8'));
    const assessment = assess(assessmentBody.parse(request));
    terminal.out(values.json ? `${JSON.stringify(assessment, null, 2)}\n` : show(assessment));
    return assessment.verdict === 'fits' || assessment.verdict === 'tight' ? 0 : 1;
  } catch (error) {
    const message = readable(error);
    if (message === undefined) throw error;
    terminal.error(`${message}\n`);
    return 2;
  }
}

/** What a person can do something about: a refused or malformed request, a file that is not there. */
function readable(error: unknown): string | undefined {
  if (error instanceof Refusal) return `${error.code}: ${error.message}`;
  if (error instanceof z.ZodError) return z.prettifyError(error);
  if (error instanceof SyntaxError) return `not JSON: ${error.message}`;
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  if (code.startsWith('ERR_PARSE_ARGS')) return `${String(error)}\n\n${USAGE}`;
  return code === '' ? undefined : String(error);
}

type Values = Readonly<Partial<Record<keyof typeof options, string | boolean>>>;
function requestOf({ model, gpu, count, goal, quantization, context, concurrency, method, tokens }: Values): object {
  const given = (name: string, value: string | number | boolean | undefined): object =>
    value === undefined ? {} : { [name]: value };
  const number = (value: string | boolean | undefined): number | undefined =>
    value === undefined ? undefined : Number(value);
  return {
    goal,
    model: { slug: model },
    hardware: gpu === undefined ? [] : [{ gpu, count: number(count) }],
    ...given('quantization', quantization),
    ...given('context', number(context)),
    ...given('concurrency', number(concurrency)),
    ...(goal === 'train'
      ? { training: { ...given('method', method), ...given('dataset_tokens', number(tokens)) } }
      : {}),
  };
}

const gib = (value: number): string => value.toFixed(2).padStart(8);
const range = (band: { estimate: number; low: number; high: number } | null, unit: string): string =>
  band === null
    ? 'not known'
    : `${band.estimate.toPrecision(3)} ${unit} (${band.low.toPrecision(3)} to ${band.high.toPrecision(3)})`;

function show(answer: Assessment): string {
  const { memory, throughput, deployment, cost } = answer;
  return [
    `${answer.verdict}: ${answer.because.join(' ')}`,
    `${String(deployment.count)} x ${deployment.gpu}, ${deployment.parallelism}; GiB on each:`,
    ...memory.components.map(({ id, formula, gib: size }) => `  ${gib(size)}  ${id} (${formula})`),
    `  ${gib(memory.needed_gib.estimate)}  needed (${memory.needed_gib.low.toFixed(1)} to ${memory.needed_gib.high.toFixed(1)}) of ${memory.usable_gib.toFixed(1)} usable`,
    `Speed: ${range(throughput.tokens_per_second, 'tokens/s')}, bound by ${throughput.bound}`,
    ...(throughput.hours === null ? [] : [`Time: ${range(throughput.hours, 'hours')}`]),
    `Cost: ${cost === null ? 'not known' : `$${String(cost.usd_per_hour.low)} to $${String(cost.usd_per_hour.high)} an hour, seen ${cost.prices_seen.join(' and ')}`}`,
    `At most ${String(answer.largest.concurrency)} at once, or ${String(answer.largest.context)} tokens`,
    ...answer.advice
      .slice(0, 5)
      .map(
        ({ knob, from, to, saves_gib, verdict }) =>
          `  ${knob} ${from} -> ${to}: ${saves_gib.toFixed(1)} GiB less, ${verdict}`,
      ),
    ...answer.alternatives
      .slice(0, 5)
      .map((other) => `  ${String(other.rank)}. ${String(other.count)} x ${other.gpu}: ${other.verdict}`),
    ...[...answer.warnings, ...answer.assumptions].map((sentence) => `- ${sentence}`),
    `table ${answer.table_version}, assessment ${answer.assessment_sha256}`,
    '',
  ].join('\n');
}
