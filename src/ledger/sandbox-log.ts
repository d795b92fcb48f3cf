import { createECDH, createPrivateKey, hkdfSync, type KeyObject } from 'node:crypto';

const PREFIX = 'sandbox.';
/** Where the objects of the log are kept, in the private bucket: nobody is served from there. */
export const SANDBOX_LOG_PREFIX = 'sandbox-log/';
/** RFC 8410 §7: what stands before the 32 bytes of an Ed25519 private key in PKCS #8. */
const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
/** Order of P-256 (SEC 2 §2.4.2). */
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
/** FIPS 186-5 §A.2.1: 64 bits more than the order has, so that the remainder is as good as uniform. */
const P256_CANDIDATE_BYTES = 40;

/**
 * The log that takes the receipts of sandboxes: same formats and sequencer, but a name and keys of its own that no
 * trust root of the public log lists, and objects that nobody is served.
 */
export const sandboxLogId = (logId: string): string => PREFIX + logId;

export const isSandboxLog = (logId: string): boolean => logId.startsWith(PREFIX);

/** The key of the sandboxes' log: derived from the log's own, which therefore never signs for a sandbox. */
export function sandboxLogKey(logKey: KeyObject): KeyObject {
  const seed = derive(logKey, 'log', 32);
  return createPrivateKey({ key: Buffer.concat([ED25519_PKCS8, seed]), format: 'der', type: 'pkcs8' });
}

/** The key that receipts of sandboxes are signed with: whoever trusts the receipt key refuses them, logged or not. */
export function sandboxReceiptKey(receiptKey: KeyObject): KeyObject {
  const candidate = BigInt(`0x${derive(receiptKey, 'receipt', P256_CANDIDATE_BYTES).toString('hex')}`);
  const hex = ((candidate % (P256_ORDER - 1n)) + 1n).toString(16).padStart(64, '0');
  const pair = createECDH('prime256v1');
  pair.setPrivateKey(hex, 'hex');
  const point = pair.getPublicKey();
  const key = {
    kty: 'EC',
    crv: 'P-256',
    d: Buffer.from(hex, 'hex').toString('base64url'),
    x: point.subarray(1, 33).toString('base64url'),
    y: point.subarray(33).toString('base64url'),
  };
  return createPrivateKey({ key, format: 'jwk' });
}

function derive(key: KeyObject, purpose: string, bytes: number): Buffer {
  const secret = key.export({ format: 'der', type: 'pkcs8' });
  return Buffer.from(hkdfSync('sha256', secret, '', `defendablecloud.com/sandbox/${purpose}/v1`, bytes));
}
