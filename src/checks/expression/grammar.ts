import jsep from 'jsep';
import { LRUCache } from 'lru-cache';

/** Longer text is refused before it is parsed: the parser's time and depth are bounded by this. */
export const MAX_EXPRESSION_CHARACTERS = 4000;
const NON_ASCII = /[^\t\n\r\x20-\x7e]/;
const STRING_LITERAL = /"[^"\\]*"|'[^'\\]*'/g;

/** Words beside the signs; the precedence is that of && || and of comparison. */
jsep.addBinaryOp('or', 1);
jsep.addBinaryOp('and', 2);
jsep.addBinaryOp('in', 7);
jsep.addUnaryOp('not');
for (const operator of ['^', '|', '&', '<<', '>>', '>>>', '??']) jsep.removeBinaryOp(operator);
jsep.removeUnaryOp('~');

const parsed = new LRUCache<string, jsep.Expression>({ max: 2000 });

/** Parses an expression. Refuses what is too long and letters that only look like ASCII, outside of quoted text. */
export function parseExpression(text: string): jsep.Expression {
  const known = parsed.get(text);
  if (known) return known;
  if (text.length > MAX_EXPRESSION_CHARACTERS) {
    throw new Error(`the expression is longer than ${String(MAX_EXPRESSION_CHARACTERS)} characters`);
  }
  const strange = NON_ASCII.exec(text.replaceAll(STRING_LITERAL, ''))?.[0];
  if (strange !== undefined) {
    throw new Error(`the character U+${hex(strange)} is allowed only in quoted text`);
  }
  const node = jsep(text);
  parsed.set(text, node);
  return node;
}

const hex = (character: string): string => (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');

/** Narrows a node by its type. */
export function isType<T extends jsep.Expression>(node: jsep.Expression, type: T['type']): node is T {
  return node.type === type;
}
