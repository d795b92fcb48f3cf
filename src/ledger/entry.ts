import { createHash, hash } from 'node:crypto';
import { canonicalJson } from '../kernel/canonical-json.js';

/** DSSE v1: the bytes that are signed, so that payload and type can't be read any other way. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Buffer {
  const head = `DSSEv1 ${String(Buffer.byteLength(payloadType))} ${payloadType} ${String(payload.length)} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

/**
 * The leaf of a signed envelope: a Rekor v2 hashedrekord 0.0.2 entry in canonical JSON. It holds a digest, a signature
 * and a public key, and nothing of the organization.
 */
export function hashedRekordEntry(envelope: {
  readonly paeDigest: Buffer;
  readonly signature: Buffer;
  readonly publicKeyDer: Buffer;
}): Buffer {
  const entry = {
    apiVersion: '0.0.2',
    kind: 'hashedrekord',
    spec: {
      hashedRekordV002: {
        data: { algorithm: 'SHA2_256', digest: envelope.paeDigest.toString('base64') },
        signature: {
          content: envelope.signature.toString('base64'),
          verifier: {
            keyDetails: 'PKIX_ECDSA_P256_SHA_256',
            publicKey: { rawBytes: envelope.publicKeyDer.toString('base64') },
          },
        },
      },
    },
  };
  return Buffer.from(canonicalJson(entry));
}

/** Names a leaf by its bytes: the same entry can't stand in the log twice. */
export const leafId = (entry: Uint8Array): string => createHash('sha256').update(entry).digest('hex');

const CHAIN_PREFIX = Buffer.from([0x02]);

/** The chain value before the first leaf, different for every log. */
export const chainSeed = (origin: string): Buffer =>
  createHash('sha256').update(`defendablecloud.com/ledger-chain/v1\n${origin}`).digest();

/** The running hash over all leaf hashes, computed from the same bytes as the tree. */
export const chainNext = (previous: Uint8Array, leaf: Uint8Array): Buffer =>
  hash('sha256', Buffer.concat([CHAIN_PREFIX, previous, leaf]), 'buffer');
