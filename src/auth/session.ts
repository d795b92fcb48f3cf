import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  errors,
  exportJWK,
  jwtVerify,
  SignJWT,
  type JSONWebKeySet,
  type JWK,
} from 'jose';
import { z } from 'zod';
import { Refusal } from '../kernel/refusals.js';

/** Lifetime of an access token in seconds. */
export const accessTokenSeconds = 3600;
const TYPE = 'at+jwt';
const CLOCK_TOLERANCE_SECONDS = 5;

/** Whom an access token speaks for; the role is not in it, it is read from Postgres on every call. */
export interface SessionClaims {
  readonly userId: string;
  readonly orgId: string;
  readonly sessionId: string;
  /** When the person last showed who they are; a refresh does not move it. */
  readonly authTime: Date;
}

/** Access tokens after RFC 9068: EdDSA (RFC 8037), `typ` at+jwt, `kid`, pinned issuer, audience and algorithm. */
export interface Sessions {
  sign(claims: SessionClaims): Promise<string>;
  verify(token: string): Promise<SessionClaims>;
  /** RFC 7517 set of the public keys: the one that signs first, then those that still verify or soon will. */
  readonly jwks: { readonly keys: readonly JWK[] };
}

const claimsSchema = z.object({ sub: z.string(), org: z.string(), sid: z.string(), auth_time: z.int() });
const PEM_BLOCK = /-----BEGIN PRIVATE KEY-----[\s\S]+?-----END PRIVATE KEY-----/g;

/**
 * `privateKeysPem` holds one or more Ed25519 keys in PKCS #8: the first signs, all verify and are published. A rotation
 * adds the next key at the end, moves it to the front an hour later, and drops the old one another hour later.
 */
export async function createSessions(privateKeysPem: string, publicUrl: string): Promise<Sessions> {
  const keys = (privateKeysPem.match(PEM_BLOCK) ?? []).map((pem) => createPrivateKey(pem));
  const [signing] = keys;
  if (!signing) throw new Error('createSessions: no private key in PEM');
  const published = await Promise.all(keys.map(publicJwk));
  const jwks: JSONWebKeySet = { keys: published };
  const findKey = createLocalJWKSet(jwks);
  const kid = published[0]?.kid ?? '';
  return {
    jwks,
    sign: ({ userId, orgId, sessionId, authTime }) =>
      new SignJWT({ org: orgId, sid: sessionId, auth_time: Math.floor(authTime.getTime() / 1000) })
        .setProtectedHeader({ alg: 'EdDSA', typ: TYPE, kid })
        .setIssuer(publicUrl)
        .setAudience(publicUrl)
        .setSubject(userId)
        .setIssuedAt()
        .setExpirationTime(`${String(accessTokenSeconds)}s`)
        .sign(signing),
    async verify(token) {
      try {
        const { payload } = await jwtVerify(token, findKey, {
          algorithms: ['EdDSA'],
          issuer: publicUrl,
          audience: publicUrl,
          typ: TYPE,
          requiredClaims: ['exp', 'sub'],
          clockTolerance: CLOCK_TOLERANCE_SECONDS,
        });
        const { sub, org, sid, auth_time } = claimsSchema.parse(payload);
        return { userId: sub, orgId: org, sessionId: sid, authTime: new Date(auth_time * 1000) };
      } catch (cause) {
        const expired = cause instanceof errors.JWTExpired;
        throw new Refusal(
          'invalid_token',
          `The access token ${expired ? 'has expired' : 'is not valid'}.`,
          {},
          { cause },
        );
      }
    },
  };
}

async function publicJwk(key: KeyObject): Promise<JWK> {
  const jwk = await exportJWK(createPublicKey(key));
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), use: 'sig', alg: 'EdDSA' };
}
