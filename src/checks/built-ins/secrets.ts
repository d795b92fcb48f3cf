/** A secret in a text, masked: enough to find it, too little to use it. */
export interface Spotted {
  readonly rule: string;
  readonly masked: string;
  readonly offset: number;
}
interface Pattern {
  readonly rule: string;
  readonly pattern: RegExp;
  /** Bits per character below which a match is a placeholder. */
  readonly entropy: number;
  readonly valid?: (match: string) => boolean;
}

/** Prefixes their issuers reserved for secrets. All bounded, none nested: linear in the text. */
const patterns: readonly Pattern[] = [
  { rule: 'aws-access-key', pattern: /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/g, entropy: 2.8 },
  { rule: 'github-token', pattern: /\bgh[pousr]_[A-Za-z0-9]{36}\b/g, entropy: 3.3 },
  { rule: 'github-fine-grained-token', pattern: /\bgithub_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b/g, entropy: 3.3 },
  { rule: 'gitlab-token', pattern: /\bglpat-[A-Za-z0-9_-]{20}\b/g, entropy: 3 },
  { rule: 'npm-token', pattern: /\bnpm_[A-Za-z0-9]{36}\b/g, entropy: 3.3 },
  { rule: 'stripe-secret-key', pattern: /\b[rs]k_live_[A-Za-z0-9]{16,128}\b/g, entropy: 3 },
  { rule: 'slack-token', pattern: /\bxox[abeoprs]-[A-Za-z0-9-]{20,200}\b/g, entropy: 3 },
  { rule: 'google-api-key', pattern: /\bAIza[A-Za-z0-9_-]{35}\b/g, entropy: 3.3 },
  { rule: 'openai-key', pattern: /\bsk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{40,200}\b/g, entropy: 3.5 },
  { rule: 'anthropic-key', pattern: /\bsk-ant-[A-Za-z0-9_-]{40,200}\b/g, entropy: 3.5 },
  { rule: 'hugging-face-token', pattern: /\bhf_[A-Za-z0-9]{34}\b/g, entropy: 3.3 },
  { rule: 'sendgrid-key', pattern: /\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}\b/g, entropy: 3.3 },
  { rule: 'private-key', pattern: /-----BEGIN (?:[A-Z]{1,12} ){0,2}PRIVATE KEY-----/g, entropy: 0 },
  {
    rule: 'json-web-token',
    pattern: /\beyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,8000}\.[A-Za-z0-9_-]{20,2000}/g,
    entropy: 3.5,
    valid: isJwt,
  },
];

/** The live secrets of a text, each masked. */
export function findSecrets(text: string): readonly Spotted[] {
  return patterns.flatMap(({ rule, pattern, entropy, valid }) =>
    [...text.matchAll(pattern)].flatMap(({ 0: match, index }) => {
      if (bitsPerCharacter(match) < entropy || (valid && !valid(match))) return [];
      return [{ rule, masked: `${match.slice(0, 4)}…(${String(match.length)} characters)`, offset: index }];
    }),
  );
}

function bitsPerCharacter(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

/** A token whose header and payload really are JSON. */
function isJwt(token: string): boolean {
  return token
    .split('.')
    .slice(0, 2)
    .every((part) => {
      try {
        JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
        return true;
      } catch {
        return false;
      }
    });
}
