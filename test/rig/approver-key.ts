import { createHash, createPrivateKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { encode } from 'cborg';
import { z } from 'zod';
import { expectAnswer, type Answer, type Caller } from '../../scripts/demo/client.js';

/** A key that an approver holds, with its public half as it is registered. */
export interface HeldKey {
  readonly publicKey: string;
  readonly sign: (statement: string) => string;
}

export function heldKey(): HeldKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    sign: (statement) => sign(null, Buffer.from(statement), privateKey).toString('base64url'),
  };
}

export const challengeAnswer = z.object({
  id: z.string(),
  statement: z.string(),
  webauthn: z.looseObject({ challenge: z.string() }),
});
export type ChallengeAnswer = z.output<typeof challengeAnswer>;
export const keyAnswer = z.object({ id: z.string(), public_key: z.string() });
export type KeyAnswer = z.output<typeof keyAnswer>;

export const askForKey = async (who: Caller): Promise<ChallengeAnswer> =>
  expectAnswer(await who.call('POST', '/approver-keys/challenge'), [201], challengeAnswer);
export const offerKey = (who: Caller, key: HeldKey, { id, statement }: ChallengeAnswer): Promise<Answer> =>
  who.call('POST', '/approver-keys', {
    scheme: 'ed25519',
    name: 'Laptop',
    challenge_id: id,
    public_key: key.publicKey,
    signature: key.sign(statement),
  });
/** Registers a key of a person. */
export const registerKey = async (who: Caller, key: HeldKey): Promise<KeyAnswer> =>
  expectAnswer(await offerKey(who, key, await askForKey(who)), [201], keyAnswer);

export interface Assertion {
  readonly value: string;
  readonly authenticator_data: string;
  readonly client_data: string;
}
interface AssertionChanges {
  readonly type?: string;
  readonly origin?: string;
  readonly rpId?: string;
  readonly flags?: number;
  readonly counter?: number;
}
/** A passkey in software: answers as an authenticator of W3C WebAuthn does, with no attestation. */
export interface Passkey {
  readonly id: string;
  readonly cose: Buffer;
  readonly privateKey: KeyObject;
  create(challenge: string, origin: string): Readonly<Record<string, unknown>>;
  get(challenge: string, origin: string, changes?: AssertionChanges): Assertion;
}

const PRESENT = 0x01;
const VERIFIED = 0x04;
const HAS_KEY = 0x40;
const ES256 = -7;
const EDDSA = -8;
const sha256 = (bytes: string | Buffer): Buffer => createHash('sha256').update(bytes).digest();

export function passkey(algorithm: 'ES256' | 'EdDSA' = 'ES256'): Passkey {
  const { privateKey, publicKey } =
    algorithm === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const part = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64url'));
  const members: [number, unknown][] =
    algorithm === 'ES256'
      ? [[1, 2], [3, ES256], [-1, 1], [-2, part(x)], [-3, part(y)]] // prettier-ignore
      : [[1, 1], [3, EDDSA], [-1, 6], [-2, part(x)]]; // prettier-ignore
  const cose = Buffer.from(encode(new Map(members)));
  const id = randomBytes(32);
  let counter = 0;
  const head = (rpId: string, flags: number, count: number): Buffer => {
    const tail = Buffer.alloc(5);
    tail[0] = flags;
    tail.writeUInt32BE(count, 1);
    return Buffer.concat([sha256(rpId), tail]);
  };
  const clientData = (type: string, challenge: string, origin: string): Buffer =>
    Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
  const encoded = id.toString('base64url');
  return {
    id: encoded,
    cose,
    privateKey: createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    create(challenge, origin) {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(id.length);
      const flags = PRESENT | VERIFIED | HAS_KEY;
      const data = Buffer.concat([head(new URL(origin).hostname, flags, 0), Buffer.alloc(16), length, id, cose]);
      const attestation = new Map<string, unknown>([
        ['fmt', 'none'],
        ['attStmt', new Map()],
        ['authData', new Uint8Array(data)],
      ]);
      return {
        id: encoded,
        rawId: encoded,
        type: 'public-key',
        response: {
          clientDataJSON: clientData('webauthn.create', challenge, origin).toString('base64url'),
          attestationObject: Buffer.from(encode(attestation)).toString('base64url'),
          transports: ['internal'],
        },
        clientExtensionResults: {},
      };
    },
    get(challenge, origin, changes = {}) {
      counter += 1;
      const rpId = changes.rpId ?? new URL(origin).hostname;
      const data = head(rpId, changes.flags ?? PRESENT | VERIFIED, changes.counter ?? counter);
      const client = clientData(changes.type ?? 'webauthn.get', challenge, changes.origin ?? origin);
      const bytes = Buffer.concat([data, sha256(client)]);
      return {
        value: sign(algorithm === 'ES256' ? 'sha256' : null, bytes, privateKey).toString('base64url'),
        authenticator_data: data.toString('base64url'),
        client_data: client.toString('base64url'),
      };
    },
  };
}
