import { croissant } from '../exports/croissant.js';
import { cyclonedxDocument, cyclonedxLicence } from '../exports/cyclonedx.js';
import { bullets, hubCard, hubLicence } from '../exports/hugging-face.js';
import { spdxDocument } from '../exports/spdx.js';
import type { Reply } from '../http/define-route.js';
import type { CatalogPackage } from './store.js';
import type { datasetExports } from './view.js';

/** One package in the form another tool reads; each form is held against its own validator in the interop suite. */
export function datasetExport(
  publicUrl: string,
  found: CatalogPackage,
  format: (typeof datasetExports)[number],
): Reply<Record<string, unknown>> {
  const url = `${publicUrl}/datasets/catalog/${found.slug}`;
  switch (format) {
    case 'croissant':
      return { media: 'application/ld+json', content: JSON.stringify(croissant(url, found), null, 2) };
    case 'spdx':
      return { body: spdx(url, found) };
    case 'cyclonedx':
      return { body: cyclonedx(found) };
    case 'huggingface':
      return { media: 'text/markdown; charset=utf-8', content: card(found) };
  }
}

function spdx(url: string, found: CatalogPackage): Record<string, unknown> {
  const { package: given, manifestRoot, publishedAt, bytes } = found;
  const personal = { yes: 'yes', no: 'no', no_assertion: 'noAssertion' } as const;
  return spdxDocument({
    type: 'dataset_DatasetPackage',
    profile: 'dataset',
    iri: url,
    name: given.title,
    version: given.version,
    purpose: 'data',
    supplier: given.issuer,
    released: new Date(given.released_on),
    published: publishedAt,
    licence: given.licence,
    sha256: manifestRoot,
    description: `${given.summary} The digest is that of the manifest.`,
    facts: {
      dataset_datasetType: ['structured', 'text'],
      dataset_datasetSize: bytes,
      dataset_dataCollectionProcess: given.provenance.provenance.generation_method,
      dataset_intendedUse: given.intended_use.join(' '),
      dataset_knownBias: given.known_biases,
      dataset_hasSensitivePersonalInformation: personal[given.sensitive_personal],
      dataset_confidentialityLevel: 'green',
      dataset_datasetAvailability: 'registration',
    },
  });
}

function cyclonedx(found: CatalogPackage): Record<string, unknown> {
  const { package: given, manifestRoot, publishedAt } = found;
  return cyclonedxDocument(manifestRoot, publishedAt, {
    type: 'data',
    'bom-ref': `dataset:${given.slug}@${given.version}`,
    publisher: given.issuer,
    name: given.slug,
    version: given.version,
    description: given.summary,
    licenses: [cyclonedxLicence(given.licence)],
    hashes: given.files.slice(0, 1).map(({ sha256 }) => ({ alg: 'SHA-256', content: sha256 })),
    data: [
      {
        type: 'dataset',
        name: given.title,
        classification: given.provenance.use.confidentiality,
        sensitiveData: given.sensitive_personal === 'no' ? [] : [given.sensitive_personal],
        description: given.known_biases.join(' '),
        governance: { custodians: [{ organization: { name: given.issuer } }] },
      },
    ],
    properties: [{ name: 'defendablecloud:manifestRoot', value: manifestRoot }],
  });
}

/** The size classes of the Hub. */
const SIZES = [
  [1_000, 'n<1K'],
  [10_000, '1K<n<10K'],
  [100_000, '10K<n<100K'],
  [1_000_000, '100K<n<1M'],
  [10_000_000, '1M<n<10M'],
] as const;

function card(found: CatalogPackage): string {
  const { package: given, manifestRoot, records } = found;
  const front = {
    ...hubLicence(given.licence),
    pretty_name: given.title,
    language: given.languages,
    task_categories: given.tasks,
    size_categories: [SIZES.find(([limit]) => records < limit)?.[1] ?? '10M<n<100M'],
    configs: [{ config_name: 'default', data_files: given.files.map(({ split, name }) => ({ split, path: name })) }],
  };
  return hubCard(
    front,
    `# ${given.title}

${given.summary} Manifest: \`${manifestRoot}\`.

## Intended use

${bullets(given.intended_use)}

## Not for

${bullets(given.forbidden_use)}

## Known biases

${bullets(given.known_biases)}

## How it was made

${given.provenance.provenance.generation_method}`,
  );
}
