import { z } from 'zod';
import { committed, defineKind, frame, PREDICATE_BASE, sha256, time } from './kind.js';

export interface MembershipReceiptFacts {
  readonly membershipId: string;
  readonly event: 'activated' | 'renewed' | 'lapsed' | 'cancelled' | 'suspended';
  readonly plan: string;
  readonly priceCents: number;
  readonly currency: string;
  readonly periodStart: string;
  readonly periodEnd: string;
  readonly source: string;
  /** SHA-256 over the canonical record that the membership rests on, its random ids included. */
  readonly recordSha256: string;
}

/** The receipt of a membership event: from when to when an organization was a member, at which price. */
export const membershipKind = defineKind<MembershipReceiptFacts>({
  kind: 'membership',
  predicateType: `${PREDICATE_BASE}/membership/v1`,
  schemaVersion: '1.0.0',
  notChecked: ['Who paid; only that the organization was a member in this period.'],
  schema: z.object({
    ...frame,
    membership: z.object({
      event: z.enum(['activated', 'renewed', 'lapsed', 'cancelled', 'suspended']),
      plan: z.string(),
      periodStart: time,
      periodEnd: time,
      recordSha256: sha256,
      ...committed,
    }),
  }),
  subjects: ({ recordSha256 }) => [{ name: 'membership-record', digest: { sha256: recordSha256 } }],
  body: (facts, commitments) => {
    const { membershipId: id, event, plan, periodStart, periodEnd, recordSha256, priceCents, currency, source } = facts;
    const hidden = commitments.commit('/membership', { id, priceCents, currency, source });
    return { membership: { event, plan, periodStart, periodEnd, recordSha256, ...hidden } };
  },
});
