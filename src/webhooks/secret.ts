import type { Tokens } from '../auth/tokens.js';

/** The signing secret of an endpoint, by generation: derived, so that it is kept nowhere. Form of Standard Webhooks. */
export function webhookSecret(tokens: Tokens, id: string, generation: number): string {
  const key = Buffer.from(tokens.issue('webhook', `${id}/${String(generation)}`), 'base64url');
  return `whsec_${key.toString('base64')}`;
}
