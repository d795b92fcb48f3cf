import type { z } from 'zod';
import { cacheBytesPerToken } from '../planner/architecture.js';
import { architectureOf, type ModelCard } from './card.js';
import type { Pin } from './pin-store.js';
import type { modelsView, modelView, pinView } from './schema.js';
import type { CatalogModel } from './store.js';

type Hardware = z.input<typeof modelView>['hardware'];

/** Forms in which a card leaves for other tools. */
export const modelExports = ['cyclonedx', 'spdx', 'huggingface'] as const;

export function showModelSummary({ card, sha256, state }: CatalogModel): z.input<typeof modelsView>['data'][number] {
  const { slug, name, publisher, family, revision, params_total, params_active, architecture, licence } = card;
  return {
    slug,
    name,
    publisher,
    family,
    revision,
    params_total,
    params_active,
    context: architecture.context,
    licence: licence.id,
    card_sha256: sha256,
    state,
  };
}

export function showModel(publicUrl: string, model: CatalogModel): z.input<typeof modelView> {
  const { card, sha256, state, because, publishedAt } = model;
  const exported: Record<string, string> = {};
  for (const name of modelExports) exported[name] = `${publicUrl}/models/catalog/${card.slug}/exports/${name}`;
  return {
    card,
    card_sha256: sha256,
    state,
    because,
    published_at: publishedAt.toISOString(),
    hardware: hardwareOf(publicUrl, card),
    exports: exported,
  };
}

/** What the weights and the context take, and the request that asks the planner which machine bears it. */
function hardwareOf(publicUrl: string, card: ModelCard): Hardware {
  const { params_total } = card;
  const architecture = architectureOf(card);
  return {
    assessment: {
      method: 'POST',
      url: `${publicUrl}/stack-assessment`,
      body: { goal: 'serve', model: { architecture } },
    },
    weights_bytes: { '16': params_total * 2, '8': params_total, '4': Math.ceil(params_total / 2) },
    cache_bytes_per_token: cacheBytesPerToken(architecture),
  };
}

/** `withdrawn`: the model has been withdrawn since; the pin itself stands. */
export function showPin(pin: Pin, withdrawn: boolean): z.input<typeof pinView> {
  return {
    id: pin.id,
    slug: pin.slug,
    revision: pin.revision,
    card_sha256: pin.cardSha256,
    files: [...pin.files],
    run_id: pin.runId,
    declaration: pin.declaration,
    client_ref: pin.clientRef,
    assessment_id: pin.assessmentId,
    pinned_by: pin.pinnedBy,
    key_id: pin.keyId,
    state: withdrawn && pin.state === 'active' ? 'withdrawn' : pin.state,
    superseded_by: pin.supersededBy,
    receipt_id: pin.receiptId,
    pinned_at: pin.createdAt.toISOString(),
  };
}
