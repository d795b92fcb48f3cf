/** A lone surrogate: half of a UTF-16 pair, which UTF-8 cannot carry. */
const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

/**
 * RFC 8785 (JCS): one byte sequence for one JSON value. Stricter than the standard where a value could not be read
 * back alike everywhere: refuses non-finite numbers, integers beyond 2^53, lone surrogates and undefined members.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return canonicalNumber(value);
  if (typeof value === 'string') return canonicalString(value);
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(',')}]`;
  if (typeof value !== 'object') throw new TypeError(`canonicalJson: ${typeof value} is not a JSON value`);
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${canonicalString(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

function canonicalNumber(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError('canonicalJson: a number must be finite');
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new TypeError('canonicalJson: an integer must be within 2^53');
  }
  return JSON.stringify(value);
}

function canonicalString(value: string): string {
  if (LONE_SURROGATE.test(value)) throw new TypeError('canonicalJson: a string must be well-formed Unicode');
  return JSON.stringify(value);
}
