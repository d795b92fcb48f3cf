import { applyCommand, type CommandRef } from '../src/commands/apply.js';
import type { Tokens } from '../src/auth/tokens.js';
import type { Database } from '../src/db/database.js';
import { cardFiles } from '../src/models/card.js';
import { requireOpenRun, requirePinnable } from '../src/models/pin.js';
import { findActivePin, insertPin } from '../src/models/pin-store.js';
import { pinPayload } from '../src/models/schema.js';
import { modelPinKind } from '../src/receipts/kinds/model-pin.js';
import { mintReceipt } from '../src/receipts/mint.js';
import type { ReceiptSigner } from '../src/receipts/sign.js';
import { insertFirstShare } from '../src/shares/first-share.js';
import { lockRun } from '../src/runs/store.js';

export interface PinActivities {
  pinModel(ref: CommandRef): Promise<void>;
}
export interface PinDeps {
  readonly database: Database;
  readonly signer: ReceiptSigner;
  readonly tokens: Tokens;
  readonly logId: string;
}

export function createPinActivities({ database, signer, tokens, logId }: PinDeps): PinActivities {
  return {
    /**
     * Pin, supersession, receipt and pending leaf in one transaction. Safe to retry: see applyCommand; the same choice
     * again, under whatever key, is the pin that is in force. The run's lock keeps its receipt from being minted in
     * between, so a receipted run's pins are exactly those it sealed.
     */
    pinModel: (ref) =>
      applyCommand(database, ref, pinPayload, async ({ tenant, actor, payload, subjectId, now }) => {
        const { runId, declaration, clientRef, assessmentId } = payload;
        if (runId !== null) requireOpenRun(await lockRun(tenant, runId));
        const { slug, revision, sha256, card } = await requirePinnable(tenant, payload);
        const before = await findActivePin(tenant, slug, runId);
        const isSame = before?.cardSha256 === sha256 && before.declaration === declaration;
        if (before && isSame) return { status: 200, result: { pin_id: before.id } };
        const files = cardFiles(card);
        const { receipt } = await mintReceipt(tenant, { signer, logId }, modelPinKind, {
          subjectId,
          now,
          facts: () =>
            Promise.resolve({
              pinId: subjectId,
              model: { slug, revision, cardSha256: sha256 },
              files,
              pinnedAt: now.toISOString(),
              declaration,
              clientRef,
              runId,
              cookId: null,
              pinnedBy: actor.id,
            }),
        });
        await insertFirstShare(tenant, tokens, { receiptId: receipt.id, createdBy: actor.id });
        const pin = {
          id: subjectId,
          slug,
          revision,
          cardSha256: sha256,
          files,
          runId,
          declaration,
          clientRef,
          assessmentId,
          pinnedBy: actor.id,
          keyId: actor.keyId ?? null,
          receiptId: receipt.id,
        };
        await insertPin(tenant, pin, before);
        return {
          status: 201,
          result: { pin_id: subjectId },
          event: {
            action: 'model.pinned',
            target: subjectId,
            ...(runId === null ? {} : { runId }),
            beforeDigest: before?.cardSha256 ?? null,
            afterDigest: sha256,
          },
        };
      }),
  };
}
