import { z } from 'zod';
import { committed, defineKind, frame, PREDICATE_BASE, sha256, time } from './kind.js';

export interface ModelPinReceiptFacts {
  readonly pinId: string;
  readonly model: { readonly slug: string; readonly revision: string; readonly cardSha256: string };
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
  readonly pinnedAt: string;
  readonly declaration: string | null;
  readonly clientRef: string | null;
  readonly runId: string | null;
  readonly cookId: string | null;
  readonly pinnedBy: string | null;
}

/** The receipt of a pinned model choice: this revision, with this card, at this time. */
export const modelPinKind = defineKind<ModelPinReceiptFacts>({
  kind: 'model_pin',
  predicateType: `${PREDICATE_BASE}/model-pin/v1`,
  schemaVersion: '1.0.0',
  notChecked: [
    'That the model pinned is the one that was served; only that it was chosen.',
    'That the card is right; only that it has not changed since.',
  ],
  schema: z.object({
    ...frame,
    model: z.object({ slug: z.string(), revision: z.string(), cardSha256: sha256 }),
    files: z.array(z.object({ name: z.string(), sha256 })),
    pin: z.object({ pinnedAt: time, ...committed }),
  }),
  subjects: ({ model, files }) => [
    { name: `${model.slug}@${model.revision}/card`, digest: { sha256: model.cardSha256 } },
    ...files.map((file) => ({ name: file.name, digest: { sha256: file.sha256 } })),
  ],
  body: ({ pinId, model, files, pinnedAt, declaration, clientRef, runId, cookId, pinnedBy }, commitments) => ({
    model,
    files,
    pin: {
      pinnedAt,
      ...commitments.commit('/pin', { id: pinId, declaration, clientRef, runId, cookId, pinnedBy }),
    },
  }),
});
