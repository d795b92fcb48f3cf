import { malformed } from './fault.js';
import { asBytes, asCount, asList, asObject, asText, isObject, type Json } from './read.js';

const BUNDLE_TYPE = /^application\/vnd\.dev\.sigstore\.bundle\.v0\.3\+json$/;
const HASH_BYTES = 32;
/** A tree of 2^63 leaves has no longer path. */
const MAX_PATH = 63;

export interface LogEntry {
  readonly index: number;
  readonly logKeyId: Buffer;
  /** The leaf, byte for byte. */
  readonly body: Buffer;
  readonly treeSize: number;
  readonly rootHash: Buffer;
  readonly hashes: readonly Buffer[];
  readonly checkpoint: string;
}
/** What was signed: a DSSE envelope, or the bytes of an artifact that is elsewhere. */
export type Signed =
  | { readonly form: 'dsse'; readonly payloadType: string; readonly payload: Buffer; readonly signature: Buffer }
  | { readonly form: 'message'; readonly digest: Buffer; readonly signature: Buffer };
export interface ParsedBundle {
  readonly hint: string;
  readonly entry: LogEntry;
  readonly signed: Signed;
}
/** A receipt as it reaches a reader: the bundle, and what was disclosed beside it. */
export interface ParsedReceipt {
  readonly bundle: ParsedBundle;
  readonly disclosures: readonly string[];
  /** What a share says the receipt shows; checked against what was signed. */
  readonly shown: unknown;
  /** Newer entries that came with a share: what became of the receipt. */
  readonly annotations: readonly ParsedBundle[];
}

/** Reads a bundle or a share document. Nothing in it is believed yet. */
export function parseReceipt(value: unknown): ParsedReceipt {
  const document = asObject(value, 'the receipt');
  if (!('bundle' in document))
    return { bundle: parseBundle(document), disclosures: [], shown: undefined, annotations: [] };
  const disclosures = asList(document['disclosures'] ?? [], 'disclosures').map((item) => asText(item, 'a disclosure'));
  const annotations = asList(document['annotations'] ?? [], 'annotations').flatMap((item) => {
    const { bundle } = asObject(item, 'an annotation');
    return bundle === null ? [] : [parseBundle(bundle)];
  });
  return { bundle: parseBundle(document['bundle']), disclosures, shown: document['receipt'], annotations };
}

/** Reads a Sigstore bundle v0.3 with exactly one log entry and one signature. */
export function parseBundle(value: unknown): ParsedBundle {
  const bundle = asObject(value, 'the bundle');
  if (!BUNDLE_TYPE.test(asText(bundle['mediaType'], 'mediaType'))) malformed('this is not a Sigstore bundle v0.3');
  const material = asObject(bundle['verificationMaterial'], 'verificationMaterial');
  const entries = asList(material['tlogEntries'], 'tlogEntries');
  if (entries.length !== 1) malformed('a bundle has exactly one log entry here');
  const publicKey = isObject(material['publicKey'])
    ? material['publicKey']
    : malformed('the bundle names no public key');
  return {
    hint: asText(publicKey['hint'] ?? '', 'publicKey.hint'),
    entry: parseEntry(asObject(entries[0], 'the log entry')),
    signed: parseSigned(bundle),
  };
}

function parseEntry(entry: Json): LogEntry {
  const proof = asObject(entry['inclusionProof'], 'inclusionProof');
  const index = asCount(entry['logIndex'], 'logIndex');
  if (asCount(proof['logIndex'], 'inclusionProof.logIndex') !== index) malformed('the two log indexes differ');
  const hashes = asList(proof['hashes'] ?? [], 'hashes').map((hash) => asHash(hash, 'a proof hash'));
  if (hashes.length > MAX_PATH) malformed('the inclusion proof is too long');
  return {
    index,
    logKeyId: asBytes(asObject(entry['logId'], 'logId')['keyId'], 'logId.keyId'),
    body: asBytes(entry['canonicalizedBody'], 'canonicalizedBody'),
    treeSize: asCount(proof['treeSize'], 'treeSize'),
    rootHash: asHash(proof['rootHash'], 'rootHash'),
    hashes,
    checkpoint: asText(asObject(proof['checkpoint'], 'checkpoint')['envelope'], 'checkpoint.envelope'),
  };
}

function parseSigned(bundle: Json): Signed {
  if (isObject(bundle['messageSignature'])) {
    const { messageDigest, signature } = bundle['messageSignature'];
    const digest = asHash(asObject(messageDigest, 'messageDigest')['digest'], 'messageDigest.digest');
    return { form: 'message', digest, signature: asBytes(signature, 'messageSignature.signature') };
  }
  const envelope = asObject(bundle['dsseEnvelope'], 'dsseEnvelope');
  const signatures = asList(envelope['signatures'], 'signatures');
  if (signatures.length !== 1) malformed('a receipt has exactly one signature');
  return {
    form: 'dsse',
    payloadType: asText(envelope['payloadType'], 'payloadType'),
    payload: asBytes(envelope['payload'], 'payload'),
    signature: asBytes(asObject(signatures[0], 'a signature')['sig'], 'sig'),
  };
}

function asHash(value: unknown, what: string): Buffer {
  const bytes = asBytes(value, what);
  return bytes.length === HASH_BYTES ? bytes : malformed(`${what} is not a SHA-256`);
}
