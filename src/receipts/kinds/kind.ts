import { z } from 'zod';
import type { Commitments } from '../disclosures.js';

/** Where predicate types live; GET /schemas/receipt/… serves their JSON Schemas under the same path. */
export const PREDICATE_BASE = 'https://defendablecloud.com/receipt';

/** An in-toto resource descriptor: something the receipt is about, by digest. */
export interface Subject {
  readonly name: string;
  readonly digest: { readonly sha256: string };
}

/** One kind of receipt: what its statement says of the facts, and the schema that everyone may check it with. */
export interface ReceiptKind<F> {
  /** As in domain: run, incident, dataset_grant … */
  readonly kind: string;
  readonly predicateType: string;
  readonly schemaVersion: string;
  /** The predicate as published. Fields may be added within a version, never changed or removed. */
  readonly schema: z.ZodType;
  /** What no receipt of this kind proves; it stands in every one. */
  readonly notChecked: readonly string[];
  subjects(facts: F): readonly Subject[];
  /** The kind's own part of the predicate. What could tell of people or content goes through `commitments`. */
  body(facts: F, commitments: Commitments): Readonly<Record<string, unknown>>;
  /** Puts frame and body together; left out, they are members of one object. */
  readonly arrange?: (
    frame: Readonly<Record<string, unknown>>,
    body: Readonly<Record<string, unknown>>,
  ) => Readonly<Record<string, unknown>>;
}

export const defineKind = <F>(kind: ReceiptKind<F>): ReceiptKind<F> => kind;

export const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
export const time = z.iso.datetime();
/** RFC 9901 commitments: digests of fields that a share may disclose. */
export const committed = { _sd: z.array(z.string().regex(/^[A-Za-z0-9_-]{43}$/)) };

/** What every predicate carries: who issued it, its place in the organization's sequence, what may be withheld. */
export const frame = {
  _sd_alg: z.literal('sha-256'),
  receiptId: z.string(),
  kind: z.string(),
  schemaVersion: z.string(),
  issuedAt: time,
  organization: z.object({ alias: z.string(), ...committed }),
  chain: z.object({ scope: z.string(), seq: z.int().min(1), prev: z.string() }),
  revision: z.int().min(1),
  supersedes: z.object({ receiptId: z.string(), digest: sha256 }).nullable(),
  redaction: z.object({ policy: z.url(), fields: z.array(z.string()) }),
  notChecked: z.array(z.string()),
  /** Only in receipts that a sandbox tried out: they prove nothing about an organization. */
  sandbox: z.literal(true).optional(),
};
