const nested = (depth: number): string => '('.repeat(depth) + '1' + ')'.repeat(depth);

/** Expressions that somebody might send to see what breaks. Each is refused: none computes, none decides a rule. */
export const hostileExpressions: readonly string[] = [
  'constructor',
  '__proto__',
  'a.constructor',
  'a["__proto__"]',
  'toString()',
  'a.toString()',
  'f(1)',
  '"x"',
  '1/0',
  '9**9**9',
  '10**400*10**400',
  '1e999999999',
  'x',
  '2 ^ 3',
  '1 << 2',
  'this',
  'a = 1',
  '`x`',
  'а + 1',
  '',
  '1; 2',
  nested(200) + '+x',
  '-'.repeat(3000) + '1',
  Array.from({ length: 1500 }, () => '1').join('+') + '+"x"',
  'matches("a", "(a+)+$") + 1',
  'sum(map(xs, a, sum(map(xs, b, sum(map(xs, c, a * b * c))))))',
];

type Schema = Readonly<Record<string, unknown>>;

/** Schemas whose references come back to themselves: checking any value against one would never end. */
export const cyclicSchemas: readonly (readonly [string, Schema])[] = [
  ['itself', { $ref: '#' }],
  ['two definitions', { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } }],
  ['through a choice', { $defs: { a: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/a' }] } }, $ref: '#/$defs/a' }],
  ['through a negation', { properties: { x: { not: { $ref: '#/properties/x' } } } }],
  ['through a condition', { $defs: { a: { if: true, then: { $ref: '#/$defs/a' } } }, items: { $ref: '#/$defs/a' } }],
  ['an anchor', { $defs: { a: { $anchor: 'here', allOf: [{ $ref: '#here' }] } }, $ref: '#here' }],
  ['a dynamic anchor', { $dynamicAnchor: 'node', $dynamicRef: '#node' }],
  ['an id', { $id: 'https://a.example/s', allOf: [{ $ref: 'https://a.example/s' }] }],
  ['an escaped name', { $defs: { 'a/b c': { $ref: '#/$defs/a~1b%20c' } }, $ref: '#/$defs/a~1b%20c' }],
];

/** Texts of a body that JSON.parse or a reader after it might stumble over, with what each is refused for. */
export const hostileBodies: readonly (readonly [string, string])[] = [
  ['NaN', '{"claimed":NaN}'],
  ['a number beyond all bounds', '{"claimed":1e400}'],
  ['an integer that no number holds', '{"claimed":9007199254740993}'],
  ['a key twice', '{"a":1,"a":2}'],
  ['a key twice, once escaped', '{"a":1,"\\u0061":2}'],
  ['33 levels', `${'['.repeat(33)}${']'.repeat(33)}`],
  ['200,000 open brackets', '['.repeat(200_000)],
  ['1 MiB of nested objects', '{"a":'.repeat(174_000)],
  ['a lone surrogate', '"\\ud800"'],
];

/** Quotes that a native search would compare with the text for hours: all one letter, but for one in the middle. */
export const repeatingQuotes: readonly string[] = Array.from(
  { length: 100 },
  (_, i) => `${'a'.repeat(5000 - i)}b${'a'.repeat(4999 + i)}`,
);
export const repeatingText = 'a'.repeat(256 * 1024);
