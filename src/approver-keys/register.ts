import { createPublicKey } from 'node:crypto';
import { generateRegistrationOptions, verifyRegistrationResponse } from '@simplewebauthn/server';
import { cose, decodeAttestationObject, decodeCredentialPublicKey } from '@simplewebauthn/server/helpers';
import type { Tenant } from '../db/database.js';
import { canonicalJson } from '../kernel/canonical-json.js';
import { Refusal } from '../kernel/refusals.js';
import { readPublicKey, signatureFault, statementChallenge } from '../receipts/approval-signature.js';
import type { Registration } from './schema.js';
import { insertApproverKey, spendChallenge, type ApproverKey } from './store.js';

const KEY_STATEMENT = 'https://defendablecloud.com/approver-key-statement/v1';
/** What a passkey may sign with: Ed25519 and ECDSA P-256. */
const ALGORITHMS = [-8, -7];

/** Where keys are registered and approvals are asked for. */
export interface Place {
  readonly publicUrl: string;
  readonly logId: string;
}
export const originOf = ({ publicUrl }: Place): string => new URL(publicUrl).origin;
export const relyingPartyOf = ({ publicUrl }: Place): string => new URL(publicUrl).hostname;

/** What shows that whoever registers a key holds it. */
export const keyStatement = (place: Place, nonce: string): string =>
  canonicalJson({ type: KEY_STATEMENT, audience: place.logId, origin: originOf(place), nonce });

interface Registering {
  readonly statement: string;
  readonly userId: string;
  /** Shown by the authenticator, to tell one passkey from another. */
  readonly email: string;
  readonly known: readonly ApproverKey[];
}

/** What a browser needs to make a passkey for a statement. */
export const registrationOptions = async (
  place: Place,
  { statement, userId, email, known }: Registering,
): Promise<object> =>
  generateRegistrationOptions({
    rpName: 'DefendableCloud',
    rpID: relyingPartyOf(place),
    userName: email,
    userID: new TextEncoder().encode(userId),
    challenge: new Uint8Array(Buffer.from(statementChallenge(statement), 'base64url')),
    attestationType: 'none',
    excludeCredentials: known.flatMap(({ credentialId: id, transports }) =>
      id === null ? [] : [{ id, transports: [...transports] }],
    ),
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
    supportedAlgorithmIDs: ALGORITHMS,
  });

/** Checks that a person holds a key, and keeps it. Runs in the transaction that spends the challenge. */
export async function registerKey(
  tenant: Tenant,
  place: Place,
  { userId, given }: { readonly userId: string; readonly given: Registration },
): Promise<ApproverKey> {
  const { statement } = await spendChallenge(tenant, { id: given.challenge_id, userId, runId: null });
  const proven =
    given.scheme === 'ed25519' ? proveEd25519(given, statement, place) : await proveWebauthn(given, statement, place);
  return insertApproverKey(tenant, { userId, scheme: given.scheme, name: given.name, ...proven });
}

type Proven = Pick<ApproverKey, 'publicKey' | 'credentialId' | 'transports' | 'counter'>;

function proveEd25519(given: Extract<Registration, { scheme: 'ed25519' }>, statement: string, place: Place): Proven {
  const { public_key: pem, signature: value } = given;
  const fault = signatureFault({ scheme: 'ed25519', publicKey: pem, statement, value }, originOf(place));
  if (fault !== undefined) throw new Refusal('approver_signature', `The key is not registered: ${fault}.`);
  // Written again from what was read, so that one key has one text and the unique index sees it.
  const publicKey = readPublicKey(pem)?.export({ type: 'spki', format: 'pem' }).toString() ?? pem;
  return { publicKey, credentialId: null, transports: [], counter: 0 };
}

async function proveWebauthn(
  { credential }: Extract<Registration, { scheme: 'webauthn' }>,
  statement: string,
  place: Place,
): Promise<Proven> {
  const { id, rawId, type } = credential;
  const { clientDataJSON, attestationObject, transports = [] } = credential.response;
  const verified = await verifyRegistration(
    {
      response: { id, rawId, type, response: { clientDataJSON, attestationObject }, clientExtensionResults: {} },
      expectedChallenge: statementChallenge(statement),
      expectedOrigin: originOf(place),
      expectedRPID: relyingPartyOf(place),
      requireUserVerification: true,
      supportedAlgorithmIDs: ALGORITHMS,
    },
    Buffer.from(attestationObject, 'base64url'),
  );
  return { publicKey: pemOf(verified.publicKey), credentialId: verified.id, transports, counter: verified.counter };
}

/** Whatever the library objects to is an answer that a browser would not give. */
async function verifyRegistration(
  options: Parameters<typeof verifyRegistrationResponse>[0],
  attestation: Buffer,
): Promise<{ readonly id: string; readonly publicKey: Uint8Array; readonly counter: number }> {
  try {
    // We ask for no attestation; one with certificates would have the library fetch revocation lists it names.
    if (decodeAttestationObject(new Uint8Array(attestation)).get('attStmt').get('x5c'))
      throw new Error('an attestation with certificates was not asked for');
    const { verified, registrationInfo } = await verifyRegistrationResponse(options);
    if (!verified) throw new Error('the attestation does not fit');
    return registrationInfo.credential;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.slice(0, 200) : 'unknown';
    throw new Refusal('approver_signature', `The passkey is not registered: ${reason}.`, {}, { cause });
  }
}

/** A COSE key (RFC 9053) of one of our algorithms as SubjectPublicKeyInfo. */
function pemOf(bytes: Uint8Array): string {
  const key = decodeCredentialPublicKey(new Uint8Array(bytes));
  const text = (part: Uint8Array | undefined): string => Buffer.from(part ?? []).toString('base64url');
  const jwk = cose.isCOSEPublicKeyEC2(key)
    ? { kty: 'EC', crv: 'P-256', x: text(key.get(cose.COSEKEYS.x)), y: text(key.get(cose.COSEKEYS.y)) }
    : cose.isCOSEPublicKeyOKP(key)
      ? { kty: 'OKP', crv: 'Ed25519', x: text(key.get(cose.COSEKEYS.x)) }
      : undefined;
  if (!jwk) throw new Refusal('approver_signature', 'The passkey is not registered: its algorithm is not offered.');
  try {
    return createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString();
  } catch (cause) {
    throw new Refusal('approver_signature', 'The passkey is not registered: its key is no key.', {}, { cause });
  }
}
