import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { verifyAuthenticationResponse } from '@simplewebauthn/server';
import fc from 'fast-check';
import { canonicalJson } from '../../src/kernel/canonical-json.js';
import {
  APPROVAL_STATEMENT,
  readPublicKey,
  readStatement,
  signatureCount,
  signatureFault,
  statementChallenge,
  type SignedStatement,
} from '../../src/receipts/approval-signature.js';
import { heldKey, passkey, type Assertion, type Passkey } from '../rig/approver-key.js';

const ORIGIN = 'https://app.example';
const parts = {
  type: APPROVAL_STATEMENT,
  decision: 'approved',
  verdict: { outcome: 'cleared', digest: 'a'.repeat(64) },
  evidenceRoot: 'b'.repeat(64),
  submissionManifest: 'c'.repeat(64),
  flightSheet: 'd'.repeat(64),
  audience: 'ledger.example/2026',
  origin: ORIGIN,
  nonce: 'nonce',
  notBefore: '2026-11-25T10:00:00.000Z',
  notAfter: '2026-12-25T10:00:00.000Z',
};
const statement = canonicalJson(parts);
const challenge = statementChallenge(statement);
const pemOf = ({ privateKey }: Passkey): string =>
  createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
const asSigned = (key: Passkey, given: Assertion): SignedStatement => ({
  scheme: 'webauthn',
  publicKey: pemOf(key),
  statement,
  value: given.value,
  authenticatorData: given.authenticator_data,
  clientData: given.client_data,
});

test('a statement is read back as it was written, and only in canonical form and whole', () => {
  expect(readStatement(statement)).toEqual(parts);
  expect(readStatement(JSON.stringify(parts, undefined, 1))).toBeUndefined();
  expect(readStatement(canonicalJson({ ...parts, type: 'https://else.example/v1' }))).toBeUndefined();
  for (const name of Object.keys(parts))
    expect(readStatement(canonicalJson({ ...parts, [name]: null }))).toBeUndefined();
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(readStatement(text)).toBeUndefined();
    }),
  );
});

test('an Ed25519 signature holds for its key and its statement alone', () => {
  const key = heldKey();
  const signed: SignedStatement = {
    scheme: 'ed25519',
    publicKey: key.publicKey,
    statement,
    value: key.sign(statement),
  };
  expect(signatureFault(signed, ORIGIN)).toBeUndefined();
  expect(signatureFault({ ...signed, statement: `${statement} ` }, ORIGIN)).toBe('the signature does not fit');
  expect(signatureFault({ ...signed, publicKey: heldKey().publicKey }, ORIGIN)).toBe('the signature does not fit');
  expect(signatureFault({ ...signed, value: '' }, ORIGIN)).toBe('the signature does not fit');
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const other = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  expect(signatureFault({ ...signed, publicKey: other }, ORIGIN)).toBe('the key is not an Ed25519 key');
  expect(readPublicKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())).toBeUndefined();
  expect(readPublicKey('-----BEGIN PUBLIC KEY-----\nno\n-----END PUBLIC KEY-----\n')).toBeUndefined();
});

test.each(['ES256', 'EdDSA'] as const)(
  'a passkey with %s signs the digest of the statement, for its site',
  (algorithm) => {
    const key = passkey(algorithm);
    const given = key.get(challenge, ORIGIN);
    expect(signatureFault(asSigned(key, given), ORIGIN)).toBeUndefined();
    expect(signatureCount({ authenticatorData: given.authenticator_data })).toBe(1);
    expect(signatureFault(asSigned(passkey(algorithm), given), ORIGIN)).toBe('the signature does not fit');
  },
);

const tampered: readonly (readonly [string, (key: Passkey) => Assertion])[] = [
  ['another challenge', (key) => key.get(statementChallenge('else'), ORIGIN)],
  ['another origin', (key) => key.get(challenge, ORIGIN, { origin: 'https://evil.example' })],
  ['another site', (key) => key.get(challenge, ORIGIN, { rpId: 'evil.example' })],
  ['nobody verified', (key) => key.get(challenge, ORIGIN, { flags: 0x01 })],
  ['nobody present', (key) => key.get(challenge, ORIGIN, { flags: 0x04 })],
  ['a registration', (key) => key.get(challenge, ORIGIN, { type: 'webauthn.create' })],
  ['a cut signature', (key) => ({ ...key.get(challenge, ORIGIN), value: 'AAAA' })],
  ['no client data', (key) => ({ ...key.get(challenge, ORIGIN), client_data: 'AAAA' })],
  ['short authenticator data', (key) => ({ ...key.get(challenge, ORIGIN), authenticator_data: 'AAAA' })],
];

/** What @simplewebauthn/server says of the same answer. */
async function libraryAccepts(key: Passkey, given: Assertion): Promise<boolean> {
  const { value: signature, authenticator_data: authenticatorData, client_data: clientDataJSON } = given;
  try {
    const { verified } = await verifyAuthenticationResponse({
      response: {
        id: key.id,
        rawId: key.id,
        type: 'public-key',
        response: { signature, authenticatorData, clientDataJSON },
        clientExtensionResults: {},
      },
      expectedChallenge: challenge,
      expectedOrigin: ORIGIN,
      expectedRPID: new URL(ORIGIN).hostname,
      credential: { id: key.id, publicKey: new Uint8Array(key.cose), counter: 0 },
      requireUserVerification: true,
    });
    return verified;
  } catch {
    return false;
  }
}

test.each(tampered)('a passkey answer with %s is refused, by a library that others keep as well', async (_, answer) => {
  const key = passkey();
  const good = key.get(challenge, ORIGIN);
  expect(await libraryAccepts(key, good)).toBe(true);
  const bad = answer(key);
  expect(signatureFault(asSigned(key, bad), ORIGIN)).toBeDefined();
  expect(await libraryAccepts(key, bad)).toBe(false);
});
