import { visit } from 'jsonc-parser';
import { Refusal, type Fault } from '../kernel/refusals.js';

const MAX_DEPTH = 32;
const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

/** Reads one JSON value (RFC 8259, I-JSON of RFC 7493): unique keys, finite and safe numbers, depth at most 32. */
export function parseStrictJson(bytes: Uint8Array): unknown {
  const text = decode(bytes);
  const value = parse(text);
  const fault = firstFault(text);
  if (fault)
    throw new Refusal('malformed_json', `The body is not acceptable JSON: ${fault.message}.`, { errors: [fault] });
  return value;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Refusal('malformed_json', 'The body is not valid UTF-8.', {}, { cause });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.slice(0, 120) : 'unreadable';
    throw new Refusal('malformed_json', `The body is not JSON: ${reason}.`, {}, { cause });
  }
}

class Stop extends Error {
  readonly fault: Fault;
  constructor(fault: Fault) {
    super(fault.message);
    this.fault = fault;
  }
}

/** Finds what JSON.parse lets pass: duplicate keys, 1e400, integers beyond 2^53, NUL, lone surrogates, deep nesting. */
function firstFault(text: string): Fault | undefined {
  const keys: Set<string>[] = [];
  let depth = 0;
  const stop = (code: string, message: string, path: readonly (string | number)[]): never => {
    throw new Stop({ path: pointer(path), code, message });
  };
  const enter = (path: readonly (string | number)[]): void => {
    depth += 1;
    if (depth > MAX_DEPTH) stop('too_deep', `nesting deeper than ${String(MAX_DEPTH)}`, path);
  };
  const checkText = (value: string, path: readonly (string | number)[]): void => {
    if (value.includes('\0')) stop('nul_character', 'a string holds a NUL character', path);
    if (LONE_SURROGATE.test(value)) stop('lone_surrogate', 'a string is not well-formed Unicode', path);
  };
  try {
    visit(text, {
      onObjectBegin: (_offset, _length, _line, _column, path) => {
        enter(path());
        keys.push(new Set());
      },
      onObjectProperty: (name, _offset, _length, _line, _column, path) => {
        checkText(name, path());
        if (keys.at(-1)?.has(name)) stop('duplicate_key', `the key ${JSON.stringify(name)} appears twice`, path());
        keys.at(-1)?.add(name);
      },
      onObjectEnd: () => {
        depth -= 1;
        keys.pop();
      },
      onArrayBegin: (_offset, _length, _line, _column, path) => {
        enter(path());
      },
      onArrayEnd: () => {
        depth -= 1;
      },
      onLiteralValue: (value: unknown, _offset, _length, _line, _column, path) => {
        if (typeof value === 'string') checkText(value, path());
        if (typeof value !== 'number') return;
        if (!Number.isFinite(value)) stop('number_out_of_range', 'a number is not finite', path());
        if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
          stop('number_out_of_range', 'an integer is beyond 2^53; send it as a string', path());
        }
      },
    });
  } catch (error) {
    if (error instanceof Stop) return error.fault;
    throw error;
  }
  return undefined;
}

const pointer = (path: readonly (string | number)[]): string =>
  path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
