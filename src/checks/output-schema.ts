import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { LRUCache } from 'lru-cache';
import { RE2JS } from 're2js';
import { findRefCycle } from './schema-cycles.js';
import { within } from './within.js';

export interface SchemaFault {
  readonly pointer: string;
  readonly message: string;
}
type Schema = Readonly<Record<string, unknown>>;

/** A schema of a sheet may be written so that checking against it takes for ever; it is stopped then. */
const VALIDATION_MS = 2000;

/** Patterns of a schema run in linear time (RE2): no text makes one hang. */
const linear = Object.assign(
  (pattern: string) => {
    const compiled = RE2JS.compile(pattern);
    // Ajv tells patterns apart by their text form.
    return { test: (text: string) => compiled.matcher(text).find(), toString: () => pattern };
  },
  { code: 'linear' },
);

/** Compiling a schema costs a hundred times what checking against it does; the sheets of a deployment are few. */
const validators = new LRUCache<string, ValidateFunction>({ max: 200 });

/** Compiles a JSON Schema 2020-12; throws with the reason when it is none. */
export function compileSchema(schema: Schema): ValidateFunction {
  const key = JSON.stringify(schema);
  const known = validators.get(key);
  if (known) return known;
  const cycle = findRefCycle(schema);
  if (cycle !== undefined) throw new Error(`the reference ${cycle} comes back to itself without going into the value`);
  const ajv = new Ajv2020({ allErrors: true, strict: false, code: { regExp: linear } });
  formats.default(ajv);
  const validate = ajv.compile(schema);
  validators.set(key, validate);
  return validate;
}

/** The faults of a value against a schema, each as pointer and sentence. */
export function schemaFaults(schema: Schema, value: unknown): readonly SchemaFault[] {
  const validate = compileSchema(schema);
  if (within(VALIDATION_MS, 'the schema', () => validate(value))) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) => {
    const extra = 'additionalProperty' in params ? ` (${String(params['additionalProperty'])})` : '';
    return { pointer: instancePath, message: `${message ?? 'is not valid'}${extra}` };
  });
}
