import { expect, test } from '@jest/globals';
import { parseStrictJson } from '../../src/http/strict-json.js';
import { Refusal } from '../../src/kernel/refusals.js';

function refusal(text: string | Uint8Array): string | undefined {
  try {
    parseStrictJson(typeof text === 'string' ? Buffer.from(text) : text);
    return undefined;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return error.details.errors?.[0]?.code ?? error.code;
  }
}

test('ordinary JSON is read as it is', () => {
  expect(parseStrictJson(Buffer.from('{"a":[1,2.5,"é",null,true]}'))).toEqual({ a: [1, 2.5, 'é', null, true] });
});

test.each([
  ['NaN', 'malformed_json'],
  ['{"a":NaN}', 'malformed_json'],
  ['{"a":1e400}', 'number_out_of_range'],
  ['{"a":9007199254740993}', 'number_out_of_range'],
  ['{"a":1,"a":2}', 'duplicate_key'],
  ['{"a":{"b":1,"\\u0062":2}}', 'duplicate_key'],
  ['"\\ud800"', 'lone_surrogate'],
  ['"\\u0000"', 'nul_character'],
  [`${'['.repeat(33)}${']'.repeat(33)}`, 'too_deep'],
  ['['.repeat(200_000), 'malformed_json'],
  ['{"a":1} trailing', 'malformed_json'],
  ['', 'malformed_json'],
  ['// comment\n1', 'malformed_json'],
])('%.40s is refused as %s', (text, code) => {
  expect(refusal(text)).toBe(code);
});

test('bytes that are no UTF-8 are refused', () => {
  expect(refusal(Buffer.from([0x22, 0xff, 0x22]))).toBe('malformed_json');
});
