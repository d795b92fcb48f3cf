import { createPrivateKey, createPublicKey } from 'node:crypto';
import { calculateJwkThumbprint, errors, exportJWK, jwtVerify, SignJWT, type JWK } from 'jose';
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
  readonly authTime: Date;
}

/** Access tokens after RFC 9068: EdDSA (RFC 8037), `typ` at+jwt, pinned issuer, audience and algorithm. */
export interface Sessions {
  sign(claims: SessionClaims): Promise<string>;
  verify(token: string): Promise<SessionClaims>;
  /** RFC 7517 set of the public keys. */
  readonly jwks: { readonly keys: readonly JWK[] };
}

const claimsSchema = z.object({ sub: z.string(), org: z.string(), auth_time: z.int() });

/** `privateKeyPem` is an Ed25519 key in PKCS #8. */
export async function createSessions(privateKeyPem: string, publicUrl: string): Promise<Sessions> {
  const privateKey = createPrivateKey(privateKeyPem);
  const publicKey = createPublicKey(privateKey);
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return {
    jwks: { keys: [{ ...jwk, kid, use: 'sig', alg: 'EdDSA' }] },
    sign: ({ userId, orgId, authTime }) =>
      new SignJWT({ org: orgId, auth_time: Math.floor(authTime.getTime() / 1000) })
        .setProtectedHeader({ alg: 'EdDSA', typ: TYPE, kid })
        .setIssuer(publicUrl)
        .setAudience(publicUrl)
        .setSubject(userId)
        .setIssuedAt()
        .setExpirationTime(`${String(accessTokenSeconds)}s`)
        .sign(privateKey),
    async verify(token) {
      try {
        const { payload } = await jwtVerify(token, publicKey, {
          algorithms: ['EdDSA'],
          issuer: publicUrl,
          audience: publicUrl,
          typ: TYPE,
          requiredClaims: ['exp', 'sub'],
          clockTolerance: CLOCK_TOLERANCE_SECONDS,
        });
        const { sub, org, auth_time } = claimsSchema.parse(payload);
        return { userId: sub, orgId: org, authTime: new Date(auth_time * 1000) };
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
