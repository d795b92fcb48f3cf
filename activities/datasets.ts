import { applyCommand, type CommandRef } from '../src/commands/apply.js';
import { requireGrantable } from '../src/datasets/grant.js';
import { insertGrant } from '../src/datasets/grant-store.js';
import { GRANT_MS, MAX_REDEMPTIONS } from '../src/datasets/rules.js';
import { grantPayload } from '../src/datasets/schema.js';
import type { Tokens } from '../src/auth/tokens.js';
import type { Database } from '../src/db/database.js';
import { datasetGrantKind } from '../src/receipts/kinds/dataset-grant.js';
import { mintReceipt } from '../src/receipts/mint.js';
import type { ReceiptSigner } from '../src/receipts/sign.js';
import { insertFirstShare } from '../src/shares/first-share.js';
import { lockSequence } from '../src/receipts/store.js';
import { policyInForce } from '../src/training-policies/store.js';
import { countUsage } from '../src/usage/store.js';

export interface GrantActivities {
  issueGrant(ref: CommandRef): Promise<void>;
}
export interface GrantDeps {
  readonly database: Database;
  readonly signer: ReceiptSigner;
  readonly tokens: Tokens;
  readonly logId: string;
}

export function createGrantActivities({ database, signer, tokens, logId }: GrantDeps): GrantActivities {
  return {
    /**
     * Quota, grant, receipt, pending leaf and usage in one transaction: where one of them fails none of them happened.
     * Safe to retry: see applyCommand. The organization's sequence lock is taken first, so grants of one organization
     * pass one at a time and the quota is exact; links are made later, from the committed grant.
     */
    issueGrant: (ref) =>
      applyCommand(database, ref, grantPayload, async ({ tenant, actor, payload, subjectId, now }) => {
        await lockSequence(tenant);
        const { found, files } = await requireGrantable(tenant, payload, now);
        const policy = await policyInForce(tenant.trx);
        const expiresAt = new Date(now.getTime() + GRANT_MS);
        const { slug, version, manifestRoot } = found;
        const { id: licence, text_sha256: textSha256 } = found.package.licence;
        const { receipt } = await mintReceipt(tenant, { signer, logId }, datasetGrantKind, {
          subjectId,
          now,
          facts: () =>
            Promise.resolve({
              grantId: subjectId,
              dataset: { slug, version, manifestRoot },
              files: files.map(({ name, sha256, size }) => ({ name, sha256, size })),
              licence: { id: licence, textSha256 },
              policy: { version: policy.version, sha256: policy.sha256 },
              purpose: payload.purpose,
              grantee: payload.principal,
              issuedAt: now.toISOString(),
              expiresAt: expiresAt.toISOString(),
              maxRedemptions: MAX_REDEMPTIONS,
            }),
        });
        await insertFirstShare(tenant, tokens, { receiptId: receipt.id, createdBy: actor.id });
        await insertGrant(tenant, {
          id: subjectId,
          slug,
          version,
          manifestRoot,
          files,
          purpose: payload.purpose,
          uses: payload.uses,
          licenceSha256: textSha256,
          policyVersion: policy.version,
          principal: payload.principal,
          grantedTo: actor.id,
          keyId: actor.keyId ?? null,
          issuedAt: now,
          expiresAt,
          maxRedemptions: MAX_REDEMPTIONS,
          receiptId: receipt.id,
        });
        await countUsage(tenant, 'downloads');
        return {
          status: 201,
          result: { grant_id: subjectId },
          event: { action: 'dataset.granted', target: subjectId, afterDigest: manifestRoot },
        };
      }),
  };
}
