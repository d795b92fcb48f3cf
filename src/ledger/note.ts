import { createHash, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';

/** C2SP signed-note: signature type of a plain Ed25519 key. */
const ED25519_TYPE = 0x01;
const KEY_ID_BYTES = 4;
const ED25519_BYTES = 32;
/** Readers accept at least 16 signature lines and bound the rest. */
const MAX_SIGNATURES = 64;
const MAX_NOTE_BYTES = 262_144;

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

/** Signs a checkpoint with the log's Ed25519 key, which every reader of a public log must find. */
export function signCheckpoint(checkpoint: Checkpoint, privateKey: KeyObject): string {
  return signWith(checkpoint, [ed25519Signer(checkpoint.origin, privateKey)]);
}

/** Whoever adds a signature line to a checkpoint. */
export interface CheckpointSigner {
  readonly name: string;
  /** The first four bytes of the key's id, and what is signed with it. */
  sign(checkpoint: Checkpoint, body: string): { readonly keyId: Buffer; readonly signature: Buffer };
}

export function ed25519Signer(name: string, privateKey: KeyObject): CheckpointSigner {
  const keyId = noteKeyId({ name, publicKey: createPublicKey(privateKey) });
  return { name, sign: (_, body) => ({ keyId, signature: sign(null, Buffer.from(body), privateKey) }) };
}

/** Signs a checkpoint with several keys: one line each, in the order given. */
export function signWith(checkpoint: Checkpoint, signers: readonly CheckpointSigner[]): string {
  const body = checkpointBody(checkpoint);
  const lines = signers.map((signer) => {
    const { keyId, signature } = signer.sign(checkpoint, body);
    return signatureLine(signer.name, keyId, signature);
  });
  return `${body}\n${lines.join('')}`;
}

/** C2SP signed-note: an em dash, the name of the key, and its tag with the signature in base64. */
const signatureLine = (name: string, keyId: Buffer, signature: Buffer): string =>
  `— ${name} ${Buffer.concat([keyId.subarray(0, KEY_ID_BYTES), signature]).toString('base64')}\n`;

/** A note that could not be read, or whose signature is not there or not good. */
export class NoteFault extends Error {
  override readonly name = 'NoteFault';
}

/** One signature line, still unchecked: it counts only for a reader that knows its name and key. */
export interface SignatureLine {
  readonly name: string;
  readonly keyId: Buffer;
  readonly signature: Buffer;
  /** The line as it stands, with its newline. */
  readonly text: string;
}

/** C2SP signed-note: splits a text into what is signed and its signature lines. Throws NoteFault for anything else. */
export function readNote(note: string): { readonly body: string; readonly signatures: readonly SignatureLine[] } {
  if (Buffer.byteLength(note) > MAX_NOTE_BYTES) throw new NoteFault('the note is too large');
  const cut = note.lastIndexOf('\n\n');
  if (cut < 0) throw new NoteFault('the note has no signature block');
  return { body: note.slice(0, cut + 1), signatures: readSignatures(note.slice(cut + 2)) };
}

/** Reads signature lines, as a note or the answer of a witness holds them. */
export function readSignatures(block: string): readonly SignatureLine[] {
  if (!block.endsWith('\n')) throw new NoteFault('the signature block does not end in a newline');
  const lines = block.slice(0, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) throw new NoteFault('the note has too many signatures');
  return lines.map((line) => {
    const match = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line);
    const bytes = Buffer.from(match?.[2] ?? '', 'base64');
    if (match?.[1] === undefined || bytes.length <= KEY_ID_BYTES)
      throw new NoteFault('a line of the signature block is not a signature');
    const [keyId, signature] = [bytes.subarray(0, KEY_ID_BYTES), bytes.subarray(KEY_ID_BYTES)];
    return { name: match[1], keyId, signature, text: `${line}\n` };
  });
}

/** Reads a checkpoint note and requires one good signature of one of the given keys; unknown lines are ignored. */
export function openCheckpoint(note: string, ...verifiers: readonly NoteVerifier[]): Checkpoint {
  if (!verifiers.some((verifier) => isSignedBy(note, verifier)))
    throw new NoteFault('no signature of the log verifies');
  return readCheckpointBody(readNote(note).body);
}

/** Whether one of a note's signatures is a good one of this key. */
export function isSignedBy(note: string, verifier: NoteVerifier): boolean {
  const { body, signatures } = readNote(note);
  const id = noteKeyId(verifier).subarray(0, KEY_ID_BYTES);
  return signatures.some(
    ({ name, keyId, signature }) =>
      name === verifier.name && keyId.equals(id) && verify(null, Buffer.from(body), verifier.publicKey, signature),
  );
}

/** C2SP tlog-checkpoint: reads the signed part. Call it only on a body whose signature was checked. */
export function readCheckpointBody(body: string): Checkpoint {
  const [origin, sizeText, rootText] = body.split('\n');
  if (origin === undefined || origin === '' || sizeText === undefined || rootText === undefined)
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

/** Reads a tlog-proof text; throws NoteFault for anything malformed. The checkpoint inside is still unchecked. */
export function readProofText(text: string): { index: number; hashes: Buffer[]; checkpoint: string } {
  const cut = text.indexOf('\n\n');
  const [header, ...rest] = text.slice(0, Math.max(cut, 0)).split('\n');
  if (cut < 0 || header !== 'c2sp.org/tlog-proof@v1') throw new NoteFault('not a c2sp.org/tlog-proof@v1');
  if (rest[0]?.startsWith('extra ')) rest.shift();
  const index = /^index (0|[1-9]\d{0,15})$/.exec(rest.shift() ?? '')?.[1];
  if (index === undefined || !Number.isSafeInteger(Number(index))) throw new NoteFault('the proof has no index');
  if (rest.length > 63) throw new NoteFault('the proof has more hashes than any tree has levels');
  const hashes = rest.map((line) => {
    const hash = Buffer.from(line, 'base64');
    if (hash.length !== 32 || hash.toString('base64') !== line) throw new NoteFault('a proof line is not a SHA-256');
    return hash;
  });
  return { index: Number(index), hashes, checkpoint: text.slice(cut + 2) };
}
