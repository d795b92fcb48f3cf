import { cyclonedxDocument, cyclonedxLicence } from '../exports/cyclonedx.js';
import { bullets, hubCard, hubLicence } from '../exports/hugging-face.js';
import { spdxDocument } from '../exports/spdx.js';
import type { Reply } from '../http/define-route.js';
import type { CatalogModel } from './store.js';
import type { modelExports } from './view.js';

/** One card in the form another tool reads; each form is held against its own validator in the interop suite. */
export function modelExport(
  publicUrl: string,
  model: CatalogModel,
  format: (typeof modelExports)[number],
): Reply<Record<string, unknown>> {
  switch (format) {
    case 'cyclonedx':
      return { body: cyclonedx(model) };
    case 'spdx':
      return { body: spdx(publicUrl, model) };
    case 'huggingface':
      return { media: 'text/markdown; charset=utf-8', content: card(model) };
  }
}

function cyclonedx({ card, sha256, publishedAt }: CatalogModel): Record<string, unknown> {
  return cyclonedxDocument(sha256, publishedAt, {
    type: 'machine-learning-model',
    'bom-ref': `model:${card.slug}@${card.revision}`,
    publisher: card.publisher,
    name: card.name,
    version: card.revision,
    licenses: [cyclonedxLicence(card.licence)],
    externalReferences: card.sources.map(({ url, title }) => ({ type: 'documentation', url, comment: title })),
    modelCard: {
      modelParameters: {
        task: 'text-generation',
        architectureFamily: 'transformer',
        modelArchitecture: card.family,
        inputs: card.modalities.map((format) => ({ format })),
        outputs: [{ format: 'text' }],
      },
      quantitativeAnalysis: {
        performanceMetrics: card.evaluations.map(({ suite, metric, value }) => ({
          type: metric,
          value: String(value),
          slice: suite,
        })),
      },
      considerations: { useCases: card.intended_use, technicalLimitations: card.limits },
    },
    properties: [
      { name: 'defendablecloud:cardSha256', value: sha256 },
      { name: 'defendablecloud:parameters', value: String(card.params_total) },
    ],
  });
}

function spdx(publicUrl: string, { card, sha256, publishedAt }: CatalogModel): Record<string, unknown> {
  const { general, sources, processing } = card.training_data;
  return spdxDocument({
    type: 'ai_AIPackage',
    profile: 'ai',
    iri: `${publicUrl}/models/catalog/${card.slug}`,
    name: card.name,
    version: card.revision,
    purpose: 'model',
    supplier: card.publisher,
    released: new Date(card.released_on),
    published: publishedAt,
    licence: card.licence,
    sha256,
    description: `Card of ${card.name}; the digest is the card's.`,
    facts: {
      ai_typeOfModel: ['transformer', card.family],
      ai_domain: card.modalities,
      ai_informationAboutTraining: `${general} ${sources} ${processing}`,
      ai_limitation: card.limits.join(' '),
      ai_useSensitivePersonalInformation: 'noAssertion',
      ai_metric: card.evaluations.map(({ suite, metric, value }) => ({
        type: 'DictionaryEntry',
        key: `${suite} ${metric}`,
        value: String(value),
      })),
      ai_hyperparameter: Object.entries(card.architecture).flatMap(([key, value]) =>
        typeof value === 'number' ? [{ type: 'DictionaryEntry', key, value: String(value) }] : [],
      ),
    },
  });
}

function card({ card: given, sha256 }: CatalogModel): string {
  const { general, sources, processing } = given.training_data;
  const front = {
    ...hubLicence(given.licence),
    language: given.languages,
    pipeline_tag: 'text-generation',
    tags: [given.family.toLowerCase()],
  };
  return hubCard(
    front,
    `# ${given.name}

${String(given.params_total)} parameters by ${given.publisher}. Card digest: \`${sha256}\`.

## Training data

${general} ${sources} ${processing}

## Intended use

${bullets(given.intended_use)}

## Limits

${bullets(given.limits)}

## Sources

${bullets(given.sources.map(({ title, url }) => `[${title}](${url})`))}`,
  );
}
