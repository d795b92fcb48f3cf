import { createHash, randomBytes } from 'node:crypto';

/** RFC 9901 §4.2: salts carry 128 bits. */
const SALT_BYTES = 16;

/** One withheld-able field: where it stands, and the string that reveals it. */
export interface Disclosure {
  /** RFC 6901 pointer to the field inside the predicate. */
  readonly pointer: string;
  /** RFC 9901 disclosure: base64url of [salt, name, value]. */
  readonly disclosure: string;
}

/** Draws disclosures for an object's fields and remembers them; the object keeps only their digests. */
export interface Commitments {
  /** The `_sd` member for fields at a pointer; absent values are left out. */
  commit(pointer: string, fields: Readonly<Record<string, unknown>>): { readonly _sd: readonly string[] };
  readonly all: readonly Disclosure[];
}

/** RFC 9901 §4.2.3: digest over the ASCII bytes of the disclosure string. */
export const disclosureDigest = (disclosure: string): string =>
  createHash('sha256').update(disclosure, 'ascii').digest('base64url');

export function createCommitments(
  drawSalt: () => string = () => randomBytes(SALT_BYTES).toString('base64url'),
): Commitments {
  const all: Disclosure[] = [];
  return {
    all,
    commit(pointer, fields) {
      const digests = Object.entries(fields)
        .filter(([, value]) => value !== undefined && value !== null)
        .map(([name, value]) => {
          const disclosure = Buffer.from(JSON.stringify([drawSalt(), name, value])).toString('base64url');
          all.push({ pointer: `${pointer}/${name}`, disclosure });
          return disclosureDigest(disclosure);
        });
      return { _sd: digests.sort() };
    },
  };
}

/** Reads what a disclosure reveals; throws a TypeError or SyntaxError for what is none. */
export function openDisclosure(disclosure: string): { readonly name: string; readonly value: unknown } {
  const parts: unknown = JSON.parse(Buffer.from(disclosure, 'base64url').toString('utf8'));
  if (!Array.isArray(parts) || parts.length !== 3) throw new TypeError('a disclosure is [salt, name, value]');
  const [salt, name, value] = parts.map((part: unknown) => part);
  if (typeof salt !== 'string' || typeof name !== 'string') throw new TypeError('salt and name are strings');
  return { name, value };
}

/** RFC 9901 §7.1: puts disclosed fields back in their places and drops the digests of the others. */
export function reveal(value: unknown, disclosures: readonly string[]): unknown {
  const byDigest = new Map(disclosures.map((disclosure) => [disclosureDigest(disclosure), openDisclosure(disclosure)]));
  const walk = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(walk);
    if (typeof node !== 'object' || node === null) return node;
    const shown: [string, unknown][] = [];
    for (const [name, member] of Object.entries(node)) {
      if (name === '_sd_alg') continue;
      if (name !== '_sd' || !Array.isArray(member)) {
        shown.push([name, walk(member)]);
        continue;
      }
      for (const digest of member) {
        const field = byDigest.get(String(digest));
        if (field) shown.push([field.name, walk(field.value)]);
      }
    }
    return Object.fromEntries(shown);
  };
  return walk(value);
}
