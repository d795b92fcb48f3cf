import { createHash } from 'node:crypto';
import { PRICE } from '../../src/adapters/stripe.js';
import { findApplication } from '../../src/applications/store.js';
import type { Tokens } from '../../src/auth/tokens.js';
import type { Database, Tenant } from '../../src/db/database.js';
import { canonicalJson } from '../../src/kernel/canonical-json.js';
import { Refusal } from '../../src/kernel/refusals.js';
import type { MembershipRef } from '../../src/membership/apply.js';
import { snapshotOf, type MembershipSnapshot } from '../../src/membership/settle.js';
import { listOwedReceipts, lockMembership, recordReceipt, type MembershipChange } from '../../src/membership/store.js';
import { membershipKind, type MembershipReceiptFacts } from '../../src/receipts/kinds/membership.js';
import { mintReceipt, type MintDeps } from '../../src/receipts/mint.js';
import { insertFirstShare } from '../../src/shares/first-share.js';

export interface MembershipReceiptActivities {
  mintMembershipReceipts(ref: MembershipRef): Promise<MembershipSnapshot | null>;
}
export interface MembershipReceiptDeps extends MintDeps {
  readonly database: Database;
  readonly tokens: Tokens;
}

export function createMembershipReceiptActivities({
  database,
  signer,
  tokens,
  logId,
}: MembershipReceiptDeps): MembershipReceiptActivities {
  const mint = async (tenant: Tenant, change: MembershipChange, createdBy: string): Promise<void> => {
    const { receipt, isNew } = await mintReceipt(tenant, { signer, logId }, membershipKind, {
      subjectId: change.membershipId,
      occasion: change.occasion ?? '',
      now: new Date(),
      facts: () => Promise.resolve(factsOf(change)),
    });
    await recordReceipt(tenant, change.id, receipt.id);
    if (!isNew) return;
    await insertFirstShare(tenant, tokens, { receiptId: receipt.id, createdBy });
  };
  return {
    /**
     * Mints what is owed, oldest first. Safe to retry: one receipt per occasion. A ledger that takes nothing now is an
     * outage to this, not a refusal: the receipts stay owed and are minted later.
     */
    async mintMembershipReceipts({ orgId }) {
      try {
        return await database.tenant(orgId, async (tenant) => {
          const membership = await lockMembership(tenant);
          if (!membership) return null;
          const application =
            membership.applicationId === null ? undefined : await findApplication(tenant, membership.applicationId);
          if (!application) throw new Error(`mintMembershipReceipts: ${membership.id} was paid without an application`);
          for (const change of await listOwedReceipts(tenant)) await mint(tenant, change, application.appliedBy);
          return snapshotOf(tenant, membership, new Date());
        });
      } catch (cause) {
        if (cause instanceof Refusal) throw new Error(`mintMembershipReceipts: ${cause.code}`, { cause });
        throw cause;
      }
    },
  };
}

function factsOf(change: MembershipChange): MembershipReceiptFacts {
  const { id, membershipId, event, periodStart, periodEnd, because, at } = change;
  if (event === null || periodStart === null || periodEnd === null)
    throw new Error(`factsOf: ${id} owes a receipt without a period`);
  const period = { periodStart: periodStart.toISOString(), periodEnd: periodEnd.toISOString() };
  const record = { id, membershipId, event, because, at: at.toISOString(), ...period };
  return {
    membershipId,
    event,
    plan: PRICE.plan,
    priceCents: PRICE.amountCents,
    currency: PRICE.currency,
    ...period,
    source: 'stripe',
    recordSha256: createHash('sha256').update(canonicalJson(record)).digest('hex'),
  };
}
