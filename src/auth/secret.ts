import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** Kinds of long-lived secrets, by their prefix: live and test keys of organizations, internal keys, runner keys. */
export const secretPrefixes = { live: 'dck_live_', test: 'dck_test_', internal: 'dci_', runner: 'dcr_' } as const;
export type SecretKind = keyof typeof secretPrefixes;

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SECRET_DIGITS = 43;
const CHECK_DIGITS = 6;

/** What a secret scanner looks for; the last six characters are the CRC-32 of the rest, so it can tell a typo. */
export const secretPattern = '(?:dck_(?:live|test)|dci|dcr)_[0-9A-Za-z]{49}';
const SECRET = new RegExp(`^${secretPattern}$`);

/** Draws a secret: prefix, 256 random bits in base62, and a CRC-32 in base62 that catches typos without a lookup. */
export function drawSecret(kind: SecretKind): string {
  const body = secretPrefixes[kind] + base62(BigInt(`0x${randomBytes(32).toString('hex')}`), SECRET_DIGITS);
  return body + checkOf(body);
}

/** The kind of a well-formed secret; undefined for anything else, a mistyped one included. */
export function kindOfSecret(text: string): SecretKind | undefined {
  if (!SECRET.test(text)) return undefined;
  const body = text.slice(0, -CHECK_DIGITS);
  if (!timingSafeEqual(Buffer.from(checkOf(body)), Buffer.from(text.slice(-CHECK_DIGITS)))) return undefined;
  const kinds: readonly SecretKind[] = ['live', 'test', 'internal', 'runner'];
  return kinds.find((kind) => text.startsWith(secretPrefixes[kind]));
}

/** What may be shown of a secret afterwards: its prefix and its last four characters. */
export const hintOf = (secret: string): string => `${/^.*_/.exec(secret)?.[0] ?? ''}…${secret.slice(-4)}`;

function base62(value: bigint, digits: number): string {
  let text = '';
  for (let rest = value; text.length < digits; rest /= 62n) text = (ALPHABET[Number(rest % 62n)] ?? '') + text;
  return text;
}

const checkOf = (body: string): string => base62(BigInt(crc32(body)), CHECK_DIGITS);

/** One version of the key under which secrets are hashed at rest. */
export interface Pepper {
  readonly version: number;
  readonly key: Buffer;
}

/**
 * Keyed hashes (HMAC-SHA-256) of secrets. A random secret of 256 bits needs no slow hash; the pepper keeps a leaked
 * table from saying whether a guessed secret is in it. Earlier peppers stay until every key has been used once more.
 */
export interface SecretHashes {
  /** Version of the pepper that new hashes use. */
  readonly version: number;
  /** The hash under the present pepper first, then under earlier ones. */
  digests(secret: string): readonly [string, ...string[]];
}

export function createSecretHashes([current, ...earlier]: readonly [Pepper, ...Pepper[]]): SecretHashes {
  const digest = ({ key }: Pepper, secret: string): string =>
    createHmac('sha256', key).update(`secret/${secret}`).digest('hex');
  return {
    version: current.version,
    digests: (secret) => [digest(current, secret), ...earlier.map((pepper) => digest(pepper, secret))],
  };
}
