import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import { canonicalJson } from '../kernel/canonical-json.js';
import { hashedRekordEntry, preAuthEncoding } from '../ledger/entry.js';
import { sandboxReceiptKey } from '../ledger/sandbox-log.js';

export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/** One key that signs receipts. Where it lives (a file, a KMS) is the implementation's own matter. */
interface KeySigner {
  /** base64 of SHA-256 over the SubjectPublicKeyInfo. */
  readonly keyId: string;
  readonly publicKeyPem: string;
  /** Signs once: ECDSA is randomized, so a caller keeps the result before anything else sees it. */
  sign(payload: Buffer): SignedReceipt;
  /** Signs claims as a compact JWS (RFC 7515, ES256) of type dc+sd-jwt. */
  signToken(claims: Readonly<Record<string, unknown>>): string;
}
/** Signs receipts, and those of sandboxes with a key of their own. */
export interface ReceiptSigner extends KeySigner {
  readonly sandbox: KeySigner;
}
export interface SignedReceipt {
  readonly payload: Buffer;
  readonly signature: Buffer;
  /** SHA-256 over the DSSE pre-authentication encoding, in hex. */
  readonly paeDigest: string;
  /** The ledger leaf of this envelope. */
  readonly entry: Buffer;
}

export const receiptKeyId = (publicKey: KeyObject): string =>
  createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');

/** ECDSA P-256 with SHA-256 over DSSE, from a PKCS #8 file. */
export function createReceiptSigner(privateKeyPem: string): ReceiptSigner {
  const privateKey = createPrivateKey(privateKeyPem);
  return { ...signWithKey(privateKey), sandbox: signWithKey(sandboxReceiptKey(privateKey)) };
}

function signWithKey(privateKey: KeyObject): KeySigner {
  const publicKey = createPublicKey(privateKey);
  const publicKeyDer = publicKey.export({ type: 'spki', format: 'der' });
  return {
    keyId: receiptKeyId(publicKey),
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    signToken(claims) {
      const header = { alg: 'ES256', typ: 'dc+sd-jwt', kid: receiptKeyId(publicKey) };
      const body = [header, claims].map((part) => Buffer.from(canonicalJson(part)).toString('base64url')).join('.');
      const signature = sign('sha256', Buffer.from(body), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      return `${body}.${signature.toString('base64url')}`;
    },
    sign(payload) {
      const encoded = preAuthEncoding(PAYLOAD_TYPE, payload);
      const signature = sign('sha256', encoded, privateKey);
      const paeDigest = createHash('sha256').update(encoded).digest();
      return {
        payload,
        signature,
        paeDigest: paeDigest.toString('hex'),
        entry: hashedRekordEntry({ paeDigest, signature, publicKeyDer }),
      };
    },
  };
}
