import { z } from 'zod';
import type { Database } from '../db/database.js';
import { sigstoreBundle } from '../receipts/bundle.js';
import { reveal } from '../receipts/disclosures.js';
import { proveReceipt, type ProvenReceipt } from '../receipts/logged.js';
import { findReceipt, listDisclosures, type Receipt, type StoredDisclosure } from '../receipts/store.js';
import { discloses, type FieldState } from './rules.js';
import type { Share } from './store.js';

/** What a share shows: the signed bundle as it is, and fewer or more disclosures beside it. */
export interface ShareDocument {
  readonly receipt: Receipt;
  readonly proven: ProvenReceipt;
  readonly bundle: Readonly<Record<string, unknown>>;
  readonly disclosures: readonly string[];
  readonly fields: readonly { readonly pointer: string; readonly state: FieldState }[];
  /** The predicate with what this share discloses put back in place, whole. */
  readonly predicate: Readonly<Record<string, unknown>>;
}

/** What the page of a run's receipt shows. */
export const runPredicate = z.looseObject({
  receiptId: z.string(),
  issuedAt: z.string(),
  organization: z.object({ alias: z.string(), name: z.string().optional() }),
  chain: z.object({ seq: z.number(), prev: z.string() }),
  run: z.object({ lane: z.string(), attempt: z.number(), title: z.string().optional() }),
  flightSheet: z.object({
    slug: z.string(),
    version: z.string(),
    digest: z.string(),
    rules: z.array(
      z.object({
        id: z.string(),
        result: z.string(),
        severity: z.string(),
        grader: z.string(),
        detail: z.string().optional(),
      }),
    ),
  }),
  engine: z.object({ version: z.string() }),
  agent: z.object({ name: z.string().optional(), version: z.string().optional() }),
  evidence: z.object({
    root: z.string(),
    items: z.array(
      z.object({
        kind: z.string(),
        sensitivity: z.string(),
        label: z.string().optional(),
        sha256: z.string().optional(),
      }),
    ),
  }),
  submission: z.object({ submittedAt: z.string(), outputSha256: z.string().optional() }),
  verdict: z.object({ outcome: z.string(), because: z.array(z.string()) }),
  approvals: z.array(
    z.object({ decision: z.string(), role: z.string(), at: z.string(), approver: z.string().optional() }),
  ),
  notChecked: z.array(z.string()),
});
export type Predicate = z.output<typeof runPredicate>;

const recordSchema = z.record(z.string(), z.unknown());
const statementSchema = z.object({ predicate: z.unknown() });

/** Assembles a share; undefined while the receipt's leaf is not under a published checkpoint. */
export async function assembleShare(
  database: Database,
  logId: string,
  share: Share,
): Promise<ShareDocument | undefined> {
  const { receipt, stored } = await database.tenant(share.orgId, async (tenant) => ({
    receipt: await findReceipt(tenant, share.receiptId),
    stored: await listDisclosures(tenant, share.receiptId),
  }));
  if (!receipt) throw new Error(`assembleShare: share ${share.id} without its receipt`);
  const proven = await proveReceipt(database.knex, logId, receipt);
  if (!proven) return undefined;
  const { predicate } = statementSchema.parse(JSON.parse(receipt.payload.toString('utf8')));
  const restricted = restrictedItems(predicate);
  const stateOf = ({ pointer, disclosure }: StoredDisclosure): FieldState =>
    disclosure === null ? 'erased' : discloses(share.profile, pointer, restricted) ? 'disclosed' : 'withheld';
  const disclosures = stored.flatMap((item) =>
    item.disclosure !== null && stateOf(item) === 'disclosed' ? [item.disclosure] : [],
  );
  return {
    receipt,
    proven,
    bundle: sigstoreBundle(proven.logged, proven.log),
    disclosures,
    fields: stored.map((item) => ({ pointer: item.pointer, state: stateOf(item) })),
    predicate: recordSchema.parse(reveal(predicate, disclosures)),
  };
}

function restrictedItems(predicate: unknown): ReadonlySet<number> {
  const { evidence } = z
    .object({ evidence: z.object({ items: z.array(z.object({ sensitivity: z.string() })) }) })
    .parse(predicate);
  return new Set(evidence.items.flatMap(({ sensitivity }, i) => (sensitivity === 'restricted' ? [i] : [])));
}
