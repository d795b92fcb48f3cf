import { z } from 'zod';
import type { Database, Tenant } from '../db/database.js';
import { sigstoreBundle } from '../receipts/bundle.js';
import { listAnnotations, type Annotation } from '../receipts/annotation-store.js';
import { reveal } from '../receipts/disclosures.js';
import { proveReceipt, type ProvenReceipt } from '../receipts/logged.js';
import { receiptStatus } from '../receipts/rules.js';
import { findReceipt, findReceiptOf, listDisclosures, type Receipt, type StoredDisclosure } from '../receipts/store.js';
import { discloses, type FieldState } from './rules.js';
import type { Share } from './store.js';

/** What a share shows: the signed bundle as it is, and fewer or more disclosures beside it. */
export interface ShareDocument {
  readonly receipt: Receipt;
  readonly proven: ProvenReceipt;
  readonly bundle: Readonly<Record<string, unknown>>;
  readonly disclosures: readonly string[];
  /** What became of the receipt, each with its own signed bundle once that is logged. */
  readonly annotations: readonly AnnotationProof[];
  readonly status: ReturnType<typeof receiptStatus>;
  /** The newest receipt of the same subject, where that is another one. */
  readonly supersededBy: string | null;
  readonly fields: readonly { readonly pointer: string; readonly state: FieldState }[];
  /** The predicate with what this share discloses put back in place, whole. */
  readonly predicate: Readonly<Record<string, unknown>>;
  /** What every kind of receipt carries. */
  readonly frame: z.output<typeof frameSchema>;
}

/** An annotation and, once its own entry stands under a published checkpoint, its bundle. */
interface AnnotationProof {
  readonly annotation: Annotation;
  readonly bundle: Readonly<Record<string, unknown>> | null;
}

const frameSchema = z.object({
  receiptId: z.string(),
  issuedAt: z.string(),
  organization: z.object({ alias: z.string(), name: z.string().optional() }),
  chain: z.object({ seq: z.number(), prev: z.string() }),
  revision: z.number().default(1),
  notChecked: z.array(z.string()),
});
const recordSchema = z.record(z.string(), z.unknown());
const statementSchema = z.object({ predicate: z.unknown() });

/** Assembles a share; undefined while the receipt's leaf is not under a published checkpoint. */
export async function assembleShare(database: Database, share: Share): Promise<ShareDocument | undefined> {
  const { receipt, newest, stored, annotated } = await database.tenant(share.orgId, async (tenant) => {
    const found = await findReceipt(tenant, share.receiptId);
    return {
      receipt: found,
      newest: found && (await findReceiptOf(tenant, found.kind, found.subjectId)),
      stored: await listDisclosures(tenant, share.receiptId),
      annotated: await readAnnotations(tenant, share.receiptId),
    };
  });
  if (!receipt) throw new Error(`assembleShare: share ${share.id} without its receipt`);
  const proven = await proveReceipt(database.knex, receipt);
  if (!proven) return undefined;
  const { predicate } = statementSchema.parse(JSON.parse(receipt.payload.toString('utf8')));
  const restricted = restrictedItems(predicate);
  const stateOf = ({ pointer, disclosure }: StoredDisclosure): FieldState =>
    disclosure === null ? 'erased' : discloses(share.profile, pointer, restricted) ? 'disclosed' : 'withheld';
  const disclosures = stored.flatMap((item) =>
    item.disclosure !== null && stateOf(item) === 'disclosed' ? [item.disclosure] : [],
  );
  const annotations: AnnotationProof[] = [];
  for (const { annotation, minted } of annotated) {
    const proof = minted && (await proveReceipt(database.knex, minted));
    annotations.push({ annotation, bundle: proof ? sigstoreBundle(proof.logged, proof.log) : null });
  }
  const superseded = newest !== undefined && newest.id !== receipt.id;
  const revealed = recordSchema.parse(reveal(predicate, disclosures));
  return {
    receipt,
    proven,
    bundle: sigstoreBundle(proven.logged, proven.log),
    disclosures,
    annotations,
    status: receiptStatus(
      annotations.map(({ annotation }) => annotation),
      superseded,
    ),
    supersededBy:
      annotations.findLast(({ annotation }) => annotation.replacementId !== null)?.annotation.replacementId ??
      (superseded ? newest.id : null),
    fields: stored.map((item) => ({ pointer: item.pointer, state: stateOf(item) })),
    predicate: revealed,
    frame: frameSchema.parse(revealed['defendablecloud_receipt'] ?? revealed),
  };
}

async function readAnnotations(
  tenant: Tenant,
  receiptId: string,
): Promise<readonly { readonly annotation: Annotation; readonly minted: Receipt | undefined }[]> {
  const found = [];
  for (const annotation of await listAnnotations(tenant, receiptId)) {
    const minted = annotation.mintedAs === null ? undefined : await findReceipt(tenant, annotation.mintedAs);
    found.push({ annotation, minted });
  }
  return found;
}

function restrictedItems(predicate: unknown): ReadonlySet<number> {
  const { evidence } = z
    .object({ evidence: z.object({ items: z.array(z.object({ sensitivity: z.string() })) }).optional() })
    .parse(predicate);
  return new Set((evidence?.items ?? []).flatMap(({ sensitivity }, i) => (sensitivity === 'restricted' ? [i] : [])));
}
