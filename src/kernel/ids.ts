/** Crockford base32: no I, L, O, U, so an id survives being read aloud. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** Prefix of every kind of id, per noun. */
export const idPrefixes = {
  org: 'org',
  user: 'usr',
  project: 'prj',
  run: 'run',
  evidence: 'evd',
  submission: 'sub',
  audit: 'aud',
  check: 'chk',
  approval: 'apr',
  approverKey: 'apk',
  challenge: 'chl',
  receipt: 'rcp',
  share: 'shr',
  invite: 'inv',
  link: 'lnk',
  mail: 'mal',
  event: 'evt',
  session: 'ses',
  refresh: 'rft',
  key: 'key',
  internalKey: 'ink',
  request: 'req',
  flightSheet: 'fls',
  membership: 'mbr',
  application: 'app',
  membershipChange: 'mbc',
  cook: 'cok',
  attempt: 'att',
  artifact: 'art',
  runner: 'rnr',
  agentProfile: 'agp',
  incident: 'inc',
  annotation: 'ann',
  webhook: 'whk',
  grant: 'grt',
  pin: 'pin',
  staging: 'stg',
} as const;
export type IdKind = keyof typeof idPrefixes;

/** Writes the 16 bytes of a UUID as a prefixed, sortable id (26 characters of Crockford base32, lower case). */
export function formatId(kind: IdKind, uuid: Uint8Array): string {
  let value = 0n;
  for (const byte of uuid) value = (value << 8n) | BigInt(byte);
  let text = '';
  for (let digit = 0; digit < 26; digit += 1) {
    text = (ALPHABET[Number(value & 31n)] ?? '') + text;
    value >>= 5n;
  }
  return `${idPrefixes[kind]}_${text}`;
}

/** Matches exactly the ids of one kind. */
export const idPattern = (kind: IdKind): RegExp => new RegExp(`^${idPrefixes[kind]}_[0-7][0-9a-hjkmnp-tv-z]{25}$`);
