import { canonicalJson } from '../kernel/canonical-json.js';
import { disclosureDigest, openDisclosure, reveal } from '../receipts/disclosures.js';
import { malformed, VerifierFault } from './fault.js';
import { asList, asObject, asText, isObject, readJson, type Json } from './read.js';

export interface Statement {
  readonly predicateType: string;
  /** SHA-256 digests of the subjects, in hex. */
  readonly subjects: readonly string[];
  readonly predicate: Json;
  /** The receipt's own frame: the predicate itself, or the extension of a SLSA provenance. */
  readonly frame: Json;
}

/** Reads the signed payload: an in-toto Statement v1 in canonical JSON. */
export function parseStatement(payload: Buffer): Statement {
  const text = payload.toString('utf8');
  const value = asObject(readJson(text, 'the payload'), 'the payload');
  if (canonicalOf(value) !== text) throw new VerifierFault('invalid', 'the payload is not canonical JSON');
  if (value['_type'] !== 'https://in-toto.io/Statement/v1') malformed('the payload is not an in-toto Statement v1');
  const predicate = asObject(value['predicate'], 'predicate');
  const extension = predicate['defendablecloud_receipt'];
  return {
    predicateType: asText(value['predicateType'], 'predicateType'),
    subjects: asList(value['subject'], 'subject').map((subject) =>
      asText(asObject(asObject(subject, 'a subject')['digest'], 'digest')['sha256'], 'sha256'),
    ),
    predicate,
    frame: isObject(extension) ? extension : predicate,
  };
}

/** RFC 8785, or a named fault for what has no such form. */
export function canonicalOf(value: unknown): string {
  try {
    return canonicalJson(value);
  } catch (cause) {
    throw new VerifierFault('malformed', 'a value has no canonical form', { cause });
  }
}

/** Commitments of a statement, each once, wherever they stand. */
function commitmentsIn(value: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (Array.isArray(value)) for (const item of value) commitmentsIn(item, found);
  if (!isObject(value)) return found;
  for (const [name, member] of Object.entries(value)) {
    if (name !== '_sd') commitmentsIn(member, found);
    else
      for (const digest of asList(member, '_sd')) {
        const text = asText(digest, 'a commitment');
        if (found.has(text)) malformed('a commitment stands twice');
        found.add(text);
      }
  }
  return found;
}

/** RFC 9901 §7.1: every disclosure must be committed to, once; then the disclosed fields are put in their places. */
export function discloseAll(
  predicate: Json,
  disclosures: readonly string[],
): { readonly revealed: Json; readonly withheld: number } {
  const committed = commitmentsIn(predicate);
  const seen = new Set<string>();
  for (const disclosure of disclosures) {
    const digest = disclosureDigest(disclosure);
    const { name } = open(disclosure);
    if (name === '_sd' || name === '...') malformed('a disclosure has a forbidden name');
    if (!committed.has(digest)) throw new VerifierFault('invalid', `a disclosure (${name}) was not signed`);
    if (seen.has(digest)) malformed('a disclosure stands twice');
    seen.add(digest);
  }
  return { revealed: asObject(reveal(predicate, disclosures), 'the predicate'), withheld: committed.size - seen.size };
}

function open(disclosure: string): { readonly name: string; readonly value: unknown } {
  try {
    return openDisclosure(disclosure);
  } catch (cause) {
    throw new VerifierFault('malformed', 'a disclosure could not be read', { cause });
  }
}
