import { createPublicKey, type KeyObject } from 'node:crypto';
import { noteKeyId, type NoteVerifier } from '../ledger/note.js';
import { malformed, VerifierFault } from './fault.js';
import { asBytes, asList, asObject, asText, readJson } from './read.js';

/** Whom a reader believes: logs by name and key, and keys that receipts may be signed with. */
export interface Trust {
  readonly logs: readonly NoteVerifier[];
  readonly receiptKeys: readonly KeyObject[];
}
export const noTrust: Trust = { logs: [], receiptKeys: [] };

export const joinTrust = (parts: readonly Trust[]): Trust => ({
  logs: parts.flatMap(({ logs }) => logs),
  receiptKeys: parts.flatMap(({ receiptKeys }) => receiptKeys),
});

/** Reads trust from a Sigstore TrustedRoot, the answer of GET /ledger/keys, a verifier key or a PEM. */
export function parseTrust(text: string): Trust {
  if (text.startsWith('-----BEGIN')) return { logs: [], receiptKeys: [readKey(() => createPublicKey(text))] };
  if (!text.trimStart().startsWith('{')) return { logs: [parseVkey(text.trim())], receiptKeys: [] };
  const value = asObject(readJson(text, 'the trusted root'), 'the trusted root');
  if ('tlogs' in value) return { logs: asList(value['tlogs'], 'tlogs').map(parseTlog), receiptKeys: [] };
  const origin = asText(value['origin'], 'origin');
  return joinTrust(asList(value['data'], 'data').map((key) => parsePublished(key, origin)));
}

function parseTlog(value: unknown): NoteVerifier {
  const tlog = asObject(value, 'a log');
  const key = asObject(tlog['publicKey'], 'publicKey');
  const der = asBytes(key['rawBytes'], 'rawBytes');
  return {
    name: asText(tlog['baseUrl'], 'baseUrl').replace(/^https?:\/\//, ''),
    publicKey: readKey(() => createPublicKey({ key: der, format: 'der', type: 'spki' })),
  };
}

function parsePublished(value: unknown, origin: string): Trust {
  const key = asObject(value, 'a key');
  const { purpose } = key;
  if (purpose !== 'receipt' && purpose !== 'log') return noTrust;
  const publicKey = readKey(() => createPublicKey(asText(key['public_key'], 'public_key')));
  if (purpose === 'receipt') return { logs: [], receiptKeys: [publicKey] };
  return { logs: [{ name: origin, publicKey }], receiptKeys: [] };
}

/** C2SP signed-note verifier key of an Ed25519 log. */
function parseVkey(text: string): NoteVerifier {
  const match = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(text);
  const [, name = '', id = '', encoded = ''] = match ?? malformed('this is neither a key nor a trusted root');
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes[0] !== 0x01 || bytes.length !== 33) malformed('the verifier key is not an Ed25519 key');
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: bytes.subarray(1).toString('base64url') };
  const verifier = { name, publicKey: readKey(() => createPublicKey({ key: jwk, format: 'jwk' })) };
  if (noteKeyId(verifier).subarray(0, 4).toString('hex') !== id)
    malformed('the verifier key is not what its hash says');
  return verifier;
}

function readKey(read: () => KeyObject): KeyObject {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof VerifierFault) throw cause;
    throw new VerifierFault('malformed', 'a public key could not be read', { cause });
  }
}

/** The log an entry names, if it is one that is believed. */
export const findLog = (trust: Trust, keyId: Buffer): NoteVerifier | undefined =>
  trust.logs.find((log) => noteKeyId(log).equals(keyId));
