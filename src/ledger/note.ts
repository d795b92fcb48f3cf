import { createHash, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';

/** C2SP signed-note: signature type of a plain Ed25519 key. */
const ED25519_TYPE = 0x01;
const KEY_ID_BYTES = 4;
const ED25519_BYTES = 32;
/** Readers accept at least 16 signature lines and bound the rest. */
const MAX_SIGNATURES = 64;
const MAX_NOTE_BYTES = 65_536;

/** A key that signs notes under a name. */
export interface NoteVerifier {
  readonly name: string;
  readonly publicKey: KeyObject;
}

const rawPublicKey = (key: KeyObject): Buffer => {
  const der = key.export({ type: 'spki', format: 'der' });
  return der.subarray(der.length - ED25519_BYTES);
};

/** C2SP signed-note: SHA-256(name || 0x0A || type || key). Its first four bytes tag the signature lines. */
export function noteKeyId({ name, publicKey }: NoteVerifier): Buffer {
  return createHash('sha256')
    .update(name)
    .update(Buffer.from([0x0a, ED25519_TYPE]))
    .update(rawPublicKey(publicKey))
    .digest();
}

/** The verifier key in its text form: name+hash+key. */
export function verifierKey(verifier: NoteVerifier): string {
  const id = noteKeyId(verifier).subarray(0, KEY_ID_BYTES).toString('hex');
  const key = Buffer.concat([Buffer.from([ED25519_TYPE]), rawPublicKey(verifier.publicKey)]).toString('base64');
  return `${verifier.name}+${id}+${key}`;
}

/** C2SP tlog-checkpoint: origin, size and root, one per line. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
}

const checkpointBody = ({ origin, size, root }: Checkpoint): string =>
  `${origin}\n${String(size)}\n${root.toString('base64')}\n`;

/** Signs a checkpoint as the log. */
export function signCheckpoint(checkpoint: Checkpoint, privateKey: KeyObject): string {
  const verifier = { name: checkpoint.origin, publicKey: createPublicKey(privateKey) };
  const body = checkpointBody(checkpoint);
  const signature = sign(null, Buffer.from(body), privateKey);
  const line = Buffer.concat([noteKeyId(verifier).subarray(0, KEY_ID_BYTES), signature]).toString('base64');
  return `${body}\n— ${verifier.name} ${line}\n`;
}

/** A note that could not be read, or whose signature is not there or not good. */
export class NoteFault extends Error {
  override readonly name = 'NoteFault';
}

/** Reads a checkpoint note and requires one good signature of the given key; unknown lines are ignored. */
export function openCheckpoint(note: string, verifier: NoteVerifier): Checkpoint {
  if (Buffer.byteLength(note) > MAX_NOTE_BYTES) throw new NoteFault('the note is too large');
  const cut = note.lastIndexOf('\n\n');
  if (cut < 0) throw new NoteFault('the note has no signature block');
  const body = note.slice(0, cut + 1);
  const lines = note
    .slice(cut + 2)
    .split('\n')
    .filter((line) => line !== '');
  if (lines.length > MAX_SIGNATURES) throw new NoteFault('the note has too many signatures');
  const id = noteKeyId(verifier).subarray(0, KEY_ID_BYTES);
  const good = lines.some((line) => {
    const match = /^— (\S+) ([A-Za-z0-9+/]+=*)$/.exec(line);
    if (match?.[1] !== verifier.name) return false;
    const bytes = Buffer.from(match[2] ?? '', 'base64');
    return (
      bytes.subarray(0, KEY_ID_BYTES).equals(id) &&
      verify(null, Buffer.from(body), verifier.publicKey, bytes.subarray(KEY_ID_BYTES))
    );
  });
  if (!good) throw new NoteFault('no signature of the log verifies');
  return parseBody(body);
}

function parseBody(body: string): Checkpoint {
  const [origin, sizeText, rootText] = body.split('\n');
  if (origin === undefined || sizeText === undefined || rootText === undefined)
    throw new NoteFault('the checkpoint has too few lines');
  const size = Number(sizeText);
  if (!/^(0|[1-9]\d*)$/.test(sizeText) || !Number.isSafeInteger(size))
    throw new NoteFault('the checkpoint size is not a number');
  const root = Buffer.from(rootText, 'base64');
  if (root.length !== 32 || root.toString('base64') !== rootText)
    throw new NoteFault('the checkpoint root is not a SHA-256');
  return { origin, size, root };
}

/** C2SP tlog-proof: an inclusion proof and its checkpoint in one text, for offline use. */
export function proofText(proof: {
  readonly index: number;
  readonly hashes: readonly Buffer[];
  readonly checkpoint: string;
}): string {
  const lines = proof.hashes.map((hash) => `${hash.toString('base64')}\n`).join('');
  return `c2sp.org/tlog-proof@v1\nindex ${String(proof.index)}\n${lines}\n${proof.checkpoint}`;
}
