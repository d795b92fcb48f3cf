import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../../src/kernel/canonical-json.js';
import { signCheckpoint, verifierKey } from '../../src/ledger/note.js';
import { entryBundle, tilePath, tilesBetween } from '../../src/ledger/tiles.js';
import {
  appendLeaf,
  edgeRoot,
  inclusionRanges,
  leafHash,
  nodeHash,
  TILE_WIDTH,
  type RightEdge,
} from '../../src/ledger/tree.js';
import { sigstoreBundle, trustedRoot } from '../../src/receipts/bundle.js';
import { createCommitments, type Disclosure } from '../../src/receipts/disclosures.js';
import { keyEventKind } from '../../src/receipts/kinds/key-event.js';
import { statementOf } from '../../src/receipts/mint.js';
import { createReceiptSigner, type SignedReceipt } from '../../src/receipts/sign.js';

/** A log in memory: the same bytes as the real one, without its database. */
export interface SmallLog {
  readonly origin: string;
  readonly vkey: string;
  readonly publicKey: KeyObject;
  readonly entries: readonly Buffer[];
  checkpoint(size?: number): string;
  proof(index: number): readonly Buffer[];
  /** The published objects by path, for a size. */
  objects(size?: number): ReadonlyMap<string, Buffer>;
}
export interface SealedReceipt {
  readonly bundle: Readonly<Record<string, unknown>>;
  readonly disclosures: readonly Disclosure[];
  readonly signed: SignedReceipt;
  readonly trustedRoot: string;
  readonly receiptKey: string;
  readonly log: SmallLog;
}

export function smallLog(entries: readonly Buffer[], origin = 'ledger.test/2026'): SmallLog {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const hashes = entries.map(leafHash);
  const rootOf = (size: number): Buffer => {
    let edge: RightEdge = { size: 0, hashes: [] };
    for (const hash of hashes.slice(0, size)) edge = appendLeaf(edge, hash).edge;
    return edgeRoot(edge);
  };
  const range = (lo: number, hi: number): Buffer => {
    if (hi - lo === 1) return hashes[lo] ?? Buffer.alloc(0);
    let k = 1;
    while (k * 2 < hi - lo) k *= 2;
    return nodeHash(range(lo, lo + k), range(lo + k, hi));
  };
  const checkpoint = (size = entries.length): string =>
    signCheckpoint({ origin, size, root: rootOf(size) }, privateKey);
  return {
    origin,
    publicKey,
    vkey: verifierKey({ name: origin, publicKey }),
    entries,
    checkpoint,
    proof: (index) => inclusionRanges(index, entries.length).map(({ lo, hi }) => range(lo, hi)),
    objects: (size = entries.length) => {
      const found = new Map<string, Buffer>([['checkpoint', Buffer.from(checkpoint(size))]]);
      for (const ref of tilesBetween(0, size)) {
        const start = ref.tile * TILE_WIDTH;
        if (ref.level === 'entries') {
          found.set(tilePath(ref), entryBundle(entries.slice(start, start + ref.count)));
          continue;
        }
        const width = TILE_WIDTH ** ref.level;
        const row = Array.from({ length: ref.count }, (_, i) => range((start + i) * width, (start + i + 1) * width));
        found.set(tilePath(ref), Buffer.concat(row));
      }
      return found;
    },
  };
}

/** One signed receipt with as many disclosures as asked for, among other entries of a log. */
export function sealReceipt({ fields = 5, size = 7, index = 3 } = {}): SealedReceipt {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signer = createReceiptSigner(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  const commitments = createCommitments();
  const facts = {
    event: 'created' as const,
    keyId: 'k1',
    purpose: 'log' as const,
    publicSha256: 'b'.repeat(64),
    validFrom: '2026-11-25T10:00:00.000Z',
    validTo: null,
    checkpoint: null,
    reason: 'Ünïcode reason 🙂',
  };
  const place = {
    id: 'rcp_1',
    revision: 1,
    seq: 1,
    prev: 'genesis',
    issuedAt: new Date(0),
    org: { name: 'Org', alias: 'alias', sandboxOf: null },
    earlier: undefined,
  };
  const statement = statementOf(keyEventKind, facts, place, commitments);
  const extra = commitments.commit(
    '/extra',
    Object.fromEntries(Array.from({ length: fields }, (_, i) => [`field${String(i)}`, { i, text: 'x'.repeat(i) }])),
  );
  const whole = { ...statement, predicate: { ...z.looseObject({}).parse(statement.predicate), extra } };
  const signed = signer.sign(Buffer.from(canonicalJson(whole)));
  const entries = Array.from({ length: size }, (_, i) =>
    i === index ? signed.entry : Buffer.from(`entry ${String(i)}`),
  );
  const log = smallLog(entries);
  const { payload, signature } = signed;
  const logged = {
    payload,
    signature,
    keyId: signer.keyId,
    entry: signed.entry,
    index,
    hashes: log.proof(index),
    checkpoint: log.checkpoint(),
  };
  const key = {
    keyId: 'log',
    purpose: 'log' as const,
    logId: log.origin,
    publicKey: log.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    vkey: log.vkey,
    validFrom: new Date(0),
    validTo: null,
  };
  return {
    bundle: sigstoreBundle(logged, { name: log.origin, publicKey: log.publicKey }),
    disclosures: commitments.all,
    signed,
    trustedRoot: JSON.stringify(trustedRoot([key])),
    receiptKey: signer.publicKeyPem,
    log,
  };
}
