import { createHash } from 'node:crypto';
import type { Database } from '../db/database.js';
import { listFrozenLogs, type FrozenLog } from '../ledger/freeze-store.js';
import { listKeys, type SigningKey } from '../ledger/keys.js';
import { PLATFORM_ORG } from '../orgs/platform.js';
import { trustedRoot } from './bundle.js';
import { keyEventKind, type KeyEventReceiptFacts } from './kinds/key-event.js';
import { mintReceipt, type MintDeps } from './mint.js';

/** Something that happened to a key, told once. */
interface KeyEvent {
  readonly subjectId: string;
  readonly occasion: string;
  readonly facts: KeyEventReceiptFacts;
}

/**
 * Makes each event of a key that was not told yet a leaf of the log: made valid, ended, its log frozen, and the trusted
 * root that readers start from. Safe to repeat, and to run at once: a receipt is minted once per key and event.
 * Answers how many were new.
 */
export async function announceKeys(database: Database, deps: MintDeps): Promise<number> {
  const now = new Date();
  const keys = await listKeys(database.knex);
  const events = [
    ...keys.flatMap(eventsOf),
    ...(await listFrozenLogs(database.knex)).map((log) => frozen(log, keys)),
    ...(keys.length > 0 ? [rootAnnounced(deps.logId, keys, now)] : []),
  ];
  let added = 0;
  for (const { facts, ...about } of events) {
    const { isNew } = await database.tenant(PLATFORM_ORG, (tenant) =>
      mintReceipt(tenant, deps, keyEventKind, { ...about, now, facts: () => Promise.resolve(facts) }),
    );
    if (isNew) added += 1;
  }
  return added;
}

const nothingMore = { checkpoint: null, reason: null };

function eventsOf(key: SigningKey): readonly KeyEvent[] {
  const { keyId, validFrom, validTo, endedAs } = key;
  const facts = { ...nothingMore, ...named(key), validFrom: validFrom.toISOString() };
  const made: KeyEvent = {
    subjectId: keyId,
    occasion: 'activated',
    facts: { ...facts, event: 'activated', validTo: null },
  };
  if (validTo === null || !endedAs) return [made];
  const ended = { ...facts, event: endedAs, validTo: validTo.toISOString() };
  return [made, { subjectId: keyId, occasion: endedAs, facts: ended }];
}

function frozen({ logId, frozenAt, checkpoint }: FrozenLog, keys: readonly SigningKey[]): KeyEvent {
  const key = keys.findLast((one) => one.purpose === 'log' && one.logId === logId);
  if (!key) throw new Error(`frozen: the log ${logId} has no key`);
  const facts = {
    ...nothingMore,
    ...named(key),
    event: 'log_frozen' as const,
    validFrom: key.validFrom.toISOString(),
    validTo: frozenAt.toISOString(),
    checkpoint: checkpoint.note,
  };
  return { subjectId: key.keyId, occasion: `log_frozen/${logId}`, facts };
}

/** The trusted root as it is served, byte for byte: whoever has it can hash it. */
function rootAnnounced(logId: string, keys: readonly SigningKey[], now: Date): KeyEvent {
  const publicSha256 = createHash('sha256')
    .update(JSON.stringify(trustedRoot(keys)))
    .digest('hex');
  const facts = {
    ...nothingMore,
    ...{ event: 'trust_root' as const, keyId: logId, purpose: 'log' as const, publicSha256 },
    ...{ validFrom: now.toISOString(), validTo: null },
  };
  return { subjectId: logId, occasion: `trust_root/${publicSha256}`, facts };
}

/** SHA-256 over the SubjectPublicKeyInfo, taken from the PEM: OpenSSL 3.0 does not read every kind of key. */
function named({
  keyId,
  purpose,
  publicKey,
}: SigningKey): Pick<KeyEventReceiptFacts, 'keyId' | 'purpose' | 'publicSha256'> {
  const der = Buffer.from(publicKey.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  const publicSha256 = createHash('sha256').update(der).digest('hex');
  return { keyId, purpose: purpose === 'receipt' ? 'receipt' : 'log', publicSha256 };
}
