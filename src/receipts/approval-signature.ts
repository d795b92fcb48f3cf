import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import { canonicalJson } from '../kernel/canonical-json.js';

/** What a person who approves signs: the decision, what it is about, for whom it is meant and until when it speaks. */
export interface ApprovalStatement {
  readonly type: typeof APPROVAL_STATEMENT;
  readonly decision: string;
  readonly verdict: { readonly outcome: string; readonly digest: string };
  readonly evidenceRoot: string;
  readonly submissionManifest: string;
  readonly flightSheet: string;
  /** The log whose receipts may carry it. */
  readonly audience: string;
  /** Where the person was asked; a passkey signs this too. */
  readonly origin: string;
  readonly nonce: string;
  readonly notBefore: string;
  readonly notAfter: string;
}
export const APPROVAL_STATEMENT = 'https://defendablecloud.com/approval-statement/v1';

export const signatureSchemes = ['ed25519', 'webauthn'] as const;
export type SignatureScheme = (typeof signatureSchemes)[number];

/** A statement with the signature of its key's holder; everything but the PEM and the statement in base64url. */
export interface SignedStatement {
  readonly scheme: SignatureScheme;
  /** SubjectPublicKeyInfo in PEM. */
  readonly publicKey: string;
  /** Canonical JSON (RFC 8785), byte for byte as it was signed. */
  readonly statement: string;
  readonly value: string;
  /** Of a passkey alone: WebAuthn's authenticator data and client data. */
  readonly authenticatorData?: string | undefined;
  readonly clientData?: string | undefined;
}

/** Reads a statement; undefined for what is none, or is not in the canonical form that was signed. */
export function readStatement(text: string): ApprovalStatement | undefined {
  const value = readJson(text);
  if (!value || canonicalJson(value) !== text) return undefined;
  const { type, decision, verdict, evidenceRoot, submissionManifest, flightSheet, audience, origin, nonce } = value;
  const { notBefore, notAfter } = value;
  const { outcome, digest } = isObject(verdict) ? verdict : {};
  if (type !== APPROVAL_STATEMENT) return undefined;
  const texts = [decision, outcome, digest, evidenceRoot, submissionManifest, flightSheet, audience, origin, nonce];
  if (![...texts, notBefore, notAfter].every((one) => typeof one === 'string' && one !== '')) return undefined;
  return {
    type,
    decision: String(decision),
    verdict: { outcome: String(outcome), digest: String(digest) },
    evidenceRoot: String(evidenceRoot),
    submissionManifest: String(submissionManifest),
    flightSheet: String(flightSheet),
    audience: String(audience),
    origin: String(origin),
    nonce: String(nonce),
    notBefore: String(notBefore),
    notAfter: String(notAfter),
  };
}

/** A passkey signs the SHA-256 of a statement as its challenge. */
export const statementChallenge = (statement: string): string =>
  createHash('sha256').update(statement).digest('base64url');

/** Why a signature is not one of its key over its statement, made for `origin`; undefined when it is. */
export function signatureFault(signed: SignedStatement, origin: string): string | undefined {
  const key = readPublicKey(signed.publicKey);
  if (!key) return 'the public key cannot be read';
  const value = Buffer.from(signed.value, 'base64url');
  switch (signed.scheme) {
    case 'ed25519':
      if (key.asymmetricKeyType !== 'ed25519') return 'the key is not an Ed25519 key';
      return verify(null, Buffer.from(signed.statement), key, value) ? undefined : 'the signature does not fit';
    case 'webauthn':
      return assertionFault(signed, key, value, origin);
  }
}

/** Reads a public key; undefined for what is none, and for a private key, which nobody should send. */
export function readPublicKey(pem: string): KeyObject | undefined {
  if (!pem.startsWith('-----BEGIN PUBLIC KEY-----')) return undefined;
  try {
    return createPublicKey(pem);
  } catch {
    return undefined;
  }
}

/** W3C WebAuthn §6.1: 32 bytes of the RP id's hash, one of flags, four of a counter. */
const FLAGS_AT = 32;
const COUNTER_AT = 33;
const HEAD_BYTES = 37;
/** The person was there, and was verified by PIN or biometrics. */
const PRESENT_AND_VERIFIED = 0x05;

/** W3C WebAuthn §7.2: what an assertion must say, and the signature over authenticator data and hashed client data. */
function assertionFault(
  { statement, authenticatorData = '', clientData = '' }: SignedStatement,
  key: KeyObject,
  value: Buffer,
  origin: string,
): string | undefined {
  const data = Buffer.from(authenticatorData, 'base64url');
  const client = Buffer.from(clientData, 'base64url');
  const said = readJson(client.toString('utf8'));
  if (!said || data.length < HEAD_BYTES) return 'the passkey answer cannot be read';
  if (said['type'] !== 'webauthn.get') return 'the passkey answer is not an assertion';
  if (said['challenge'] !== statementChallenge(statement)) return 'the passkey signed another challenge';
  if (said['origin'] !== origin || said['crossOrigin'] === true) return 'the passkey was asked at another place';
  if (!data.subarray(0, FLAGS_AT).equals(relyingParty(origin))) return 'the passkey belongs to another site';
  if (((data[FLAGS_AT] ?? 0) & PRESENT_AND_VERIFIED) !== PRESENT_AND_VERIFIED)
    return 'the passkey did not verify the person';
  const bytes = Buffer.concat([data, createHash('sha256').update(client).digest()]);
  const hash = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  return verify(hash, bytes, key, value) ? undefined : 'the signature does not fit';
}

/** How often the authenticator says it signed; 0 where it does not count. */
export function signatureCount({ authenticatorData = '' }: Pick<SignedStatement, 'authenticatorData'>): number {
  const data = Buffer.from(authenticatorData, 'base64url');
  return data.length < HEAD_BYTES ? 0 : data.readUInt32BE(COUNTER_AT);
}

const relyingParty = (origin: string): Buffer =>
  createHash('sha256')
    .update(URL.canParse(origin) ? new URL(origin).hostname : '')
    .digest();

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function readJson(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
