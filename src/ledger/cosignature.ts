import { createHash, createPublicKey, verify } from 'node:crypto';
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js';
import { NoteFault, readCheckpointBody, type Checkpoint, type CheckpointSigner, type SignatureLine } from './note.js';

/** C2SP tlog-cosignature: signature types, and the length of their public keys and signatures. */
const TYPES = {
  ed25519: { byte: 0x04, keyBytes: 32, signatureBytes: 64 },
  'ml-dsa-44': { byte: 0x06, keyBytes: 1312, signatureBytes: 2420 },
} as const;
const SEED_BYTES = 32;
const TIMESTAMP_BYTES = 8;
const KEY_ID_BYTES = 4;

/** A key that signs statements of the form "at this time, this was the largest tree I saw". */
export interface Cosigner {
  readonly name: string;
  readonly type: keyof typeof TYPES;
  readonly publicKey: Buffer;
}

/** C2SP tlog-cosignature: SHA-256(name || 0x0A || type || key)[:4]. */
const cosignerKeyId = (cosigner: Cosigner): Buffer => cosignerKeyHash(cosigner).subarray(0, KEY_ID_BYTES);

function cosignerKeyHash({ name, type, publicKey }: Cosigner): Buffer {
  const tag = Buffer.from([0x0a, TYPES[type].byte]);
  return createHash('sha256').update(name).update(tag).update(publicKey).digest();
}

/** The cosigner's key in its text form: name+hash+key. */
export function cosignerVkey(cosigner: Cosigner): string {
  const key = Buffer.concat([Buffer.from([TYPES[cosigner.type].byte]), cosigner.publicKey]);
  return `${cosigner.name}+${cosignerKeyId(cosigner).toString('hex')}+${key.toString('base64')}`;
}

/** Reads a cosigner's key from its text form. Throws NoteFault for a type that is not a cosignature's, or a wrong hash. */
export function parseCosigner(vkey: string): Cosigner {
  const match = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(vkey);
  const [, name, hash, encoded] = match ?? [];
  if (name === undefined || hash === undefined || encoded === undefined) throw new NoteFault('not a verifier key');
  const bytes = Buffer.from(encoded, 'base64');
  for (const type of ['ed25519', 'ml-dsa-44'] as const) {
    const { byte, keyBytes } = TYPES[type];
    if (bytes[0] !== byte || bytes.length !== keyBytes + 1) continue;
    const cosigner = { name, type, publicKey: bytes.subarray(1) };
    if (cosignerKeyId(cosigner).toString('hex') === hash) return cosigner;
    throw new NoteFault(`the hash in the verifier key of ${name} is not that of its key`);
  }
  throw new NoteFault(`the verifier key of ${name} is not one of a cosigner`);
}

/**
 * The POSIX time of a cosignature if a line is one of this cosigner and it verifies over the checkpoint; undefined if the
 * line is somebody else's or not good.
 */
export function cosignatureTime(line: SignatureLine, cosigner: Cosigner, body: string): number | undefined {
  const { signatureBytes } = TYPES[cosigner.type];
  if (line.name !== cosigner.name || !line.keyId.equals(cosignerKeyId(cosigner))) return undefined;
  if (line.signature.length !== TIMESTAMP_BYTES + signatureBytes) return undefined;
  const time = line.signature.readBigUInt64BE();
  const signature = line.signature.subarray(TIMESTAMP_BYTES);
  if (time > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
  const good =
    cosigner.type === 'ed25519'
      ? verify(null, ed25519Message(Number(time), body), ed25519Key(cosigner.publicKey), signature)
      : ml_dsa44.verify(signature, subtreeMessage(cosigner.name, time, readCheckpointBody(body)), cosigner.publicKey);
  return good ? Number(time) : undefined;
}

const ed25519Message = (time: number, body: string): Buffer =>
  Buffer.from(`cosignature/v1\ntime ${String(time)}\n${body}`);

/** RFC 8410: the fixed head of an Ed25519 SubjectPublicKeyInfo. */
const ED25519_SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const ed25519Key = (raw: Buffer): ReturnType<typeof createPublicKey> =>
  createPublicKey({ key: Buffer.concat([ED25519_SPKI, raw]), format: 'der', type: 'spki' });

/** C2SP tlog-cosignature, ML-DSA-44 signed message: a subtree/v1 structure that commits to the cosigner's name. */
function subtreeMessage(cosignerName: string, time: bigint, { origin, size, root }: Checkpoint): Buffer {
  return Buffer.concat([
    Buffer.from('subtree/v1\n\0'),
    opaque(cosignerName),
    uint64(time),
    opaque(origin),
    uint64(0n),
    uint64(BigInt(size)),
    root,
  ]);
}

function opaque(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length < 1 || bytes.length > 255) throw new NoteFault('a name must have 1 to 255 bytes');
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

function uint64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}

/** RFC 9881: the fixed head of a PKCS #8 that holds the seed of an ML-DSA-44 key. */
const MLDSA_PKCS8 = Buffer.from('3034020100300b060960864801650304031104228020', 'hex');
/** RFC 9881: the fixed head of an ML-DSA-44 SubjectPublicKeyInfo. */
const MLDSA_SPKI = Buffer.from('30820532300b06096086480165030403110382052100', 'hex');

/** An ML-DSA-44 key that signs the log's checkpoints beside its Ed25519 key. */
export interface MlDsaKey {
  readonly cosigner: Cosigner;
  readonly signer: CheckpointSigner;
  /** SubjectPublicKeyInfo in PEM, as RFC 9881 has it. */
  readonly publicKeyPem: string;
  /** The whole hash of which the note's key id is the beginning, in base64. */
  readonly keyId: string;
}

/** Reads a PEM file with the seed of an ML-DSA-44 key (RFC 9881), which Node 20 itself does not know yet. */
export function readMlDsaKey(name: string, privateKeyPem: string, now: () => Date = () => new Date()): MlDsaKey {
  const der = Buffer.from(privateKeyPem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  const seed = der.subarray(MLDSA_PKCS8.length);
  if (!der.subarray(0, MLDSA_PKCS8.length).equals(MLDSA_PKCS8) || seed.length !== SEED_BYTES)
    throw new NoteFault('not a PKCS #8 with the seed of an ML-DSA-44 key');
  const { publicKey, secretKey } = ml_dsa44.keygen(seed);
  const cosigner: Cosigner = { name, type: 'ml-dsa-44', publicKey: Buffer.from(publicKey) };
  const keyId = cosignerKeyId(cosigner);
  const signer: CheckpointSigner = {
    name,
    sign: (checkpoint) => {
      const time = BigInt(Math.floor(now().getTime() / 1000));
      const signature = ml_dsa44.sign(subtreeMessage(name, time, checkpoint), secretKey);
      return { keyId, signature: Buffer.concat([uint64(time), signature]) };
    },
  };
  const publicKeyPem = pem('PUBLIC KEY', Buffer.concat([MLDSA_SPKI, publicKey]));
  return { cosigner, signer, publicKeyPem, keyId: cosignerKeyHash(cosigner).toString('base64') };
}

/** A PEM file for a new ML-DSA-44 key, from 32 random bytes. */
export const mlDsaPem = (seed: Buffer): string => pem('PRIVATE KEY', Buffer.concat([MLDSA_PKCS8, seed]));

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
