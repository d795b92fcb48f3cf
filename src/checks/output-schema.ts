import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { LRUCache } from 'lru-cache';
import type { Finding } from './engine.js';

/** SUB-003: JSON Schema 2020-12, every fault with its pointer. */
export function checkOutputSchema(schema: Readonly<Record<string, unknown>>, output: unknown): Finding {
  const faults = schemaFaults(schema, output);
  if (faults.length === 0)
    return { status: 'pass', observed: null, expected: null, detail: 'The output fits the schema.', evidence_ids: [] };
  return {
    status: 'flag',
    observed: `${String(faults.length)} faults`,
    expected: '0 faults',
    detail: faults.slice(0, 20).join('; '),
    evidence_ids: [],
  };
}

/** Compiling a schema costs a hundred times what checking against it does; the sheets of a deployment are few. */
const validators = new LRUCache<string, ValidateFunction>({ max: 200 });

function compiled(schema: Readonly<Record<string, unknown>>): ValidateFunction {
  const key = JSON.stringify(schema);
  const known = validators.get(key);
  if (known) return known;
  const ajv = new Ajv2020({ allErrors: true, strict: false });
  formats.default(ajv);
  const validate = ajv.compile(schema);
  validators.set(key, validate);
  return validate;
}

/** The faults of a value against a schema, each as pointer and sentence. */
export function schemaFaults(schema: Readonly<Record<string, unknown>>, value: unknown): readonly string[] {
  const validate = compiled(schema);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) => {
    const extra = 'additionalProperty' in params ? ` (${String(params['additionalProperty'])})` : '';
    return `${instancePath || '/'} ${message ?? 'is not valid'}${extra}`;
  });
}
