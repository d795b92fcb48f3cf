import { malformed } from './fault.js';

/** A JSON object that is still unchecked. */
export type Json = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Parses JSON from outside; anything else is named. */
export function readJson(text: string, what: string): unknown {
  const value = parse(text, what);
  if (!isShallow(value, MAX_DEPTH)) malformed(`${what} is nested too deeply`);
  return value;
}

/** Deeper than any receipt, and shallow enough for every reader to walk. */
const MAX_DEPTH = 64;

function parse(text: string, what: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return malformed(`${what} is not JSON`);
  }
}

const isShallow = (value: unknown, depth: number): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (depth > 0 && Object.values(value).every((member) => isShallow(member, depth - 1)));

export function asObject(value: unknown, what: string): Json {
  return isObject(value) ? value : malformed(`${what} is not an object`);
}

export function asList(value: unknown, what: string): readonly unknown[] {
  return Array.isArray(value) ? value : malformed(`${what} is not a list`);
}

export function asText(value: unknown, what: string): string {
  return typeof value === 'string' ? value : malformed(`${what} is not a text`);
}

/** A size or an index: protobuf JSON writes 64-bit integers as strings. */
export function asCount(value: unknown, what: string): number {
  const text = typeof value === 'number' ? String(value) : asText(value, what);
  const count = Number(text);
  return /^(0|[1-9]\d*)$/.test(text) && Number.isSafeInteger(count) ? count : malformed(`${what} is not a count`);
}

/** Strict base64: one text for one sequence of bytes, so that no character can be changed unnoticed. */
export function asBytes(value: unknown, what: string): Buffer {
  const text = asText(value, what);
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : malformed(`${what} is not base64`);
}
