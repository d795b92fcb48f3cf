import { createHmac } from 'node:crypto';

/** What a token is for; a token of one purpose never passes as another. */
export type TokenPurpose =
  'sign-in' | 'sign-in-code' | 'invite' | 'share' | 'refresh' | 'watchdog-ping' | 'watchdog-badge' | 'webhook';

/**
 * Bearer tokens that are never stored: HMAC-SHA-256 (RFC 2104) of the object's id under a secret pepper, 256 bits in
 * base64url. A mail or a view derives the token again when it needs it; the database keeps only a keyed hash, so a
 * leaked table holds no link that works.
 */
export interface Tokens {
  issue(purpose: TokenPurpose, id: string): string;
  /** The keyed hash under which a token is looked up. */
  hash(token: string): string;
}

export function createTokens(pepper: string): Tokens {
  const key = Buffer.from(pepper, 'base64');
  const mac = (text: string): Buffer => createHmac('sha256', key).update(text).digest();
  return {
    issue: (purpose, id) => mac(`token/${purpose}/${id}`).toString('base64url'),
    hash: (token) => mac(`hash/${token}`).toString('hex'),
  };
}

/** The six digits that stand for a sign-in link where it can't be opened. */
export function signInCode(tokens: Tokens, linkId: string): string {
  const bytes = Buffer.from(tokens.issue('sign-in-code', linkId), 'base64url');
  return String(bytes.readUIntBE(0, 6) % 1_000_000).padStart(6, '0');
}

/** What a code is looked up by; bound to its address, since a code alone is short. */
export const codeHashOf = (tokens: Tokens, email: string, code: string): string => tokens.hash(`code/${email}/${code}`);
