import { isAlias, isScalar, parseDocument, visit } from 'yaml';
import { parseStrictJson } from '../http/strict-json.js';
import { Refusal } from '../kernel/refusals.js';

/** Reads YAML 1.2 as if it were JSON: no aliases, no repeated keys, no tags, the same limits as every JSON body. */
export function parseStrictYaml(bytes: Uint8Array): unknown {
  const document = parseDocument(new TextDecoder('utf-8', { fatal: true }).decode(bytes), {
    schema: 'core',
    uniqueKeys: true,
    strict: true,
    prettyErrors: false,
    customTags: [],
  });
  const [fault] = document.errors;
  if (fault) throw malformed(fault.message.slice(0, 200));
  if (document.warnings.length > 0) throw malformed('a tag is not known');
  visit(document, (_key, node) => {
    if (isAlias(node)) throw malformed('aliases are not accepted');
    if (isScalar(node) && typeof node.value === 'number' && !Number.isFinite(node.value))
      throw malformed('a number is not finite');
  });
  return parseStrictJson(Buffer.from(JSON.stringify(document.toJS({ maxAliasCount: 0 }) ?? null)));
}

const malformed = (reason: string): Refusal =>
  new Refusal('malformed_json', `The body is not acceptable YAML: ${reason}.`);
