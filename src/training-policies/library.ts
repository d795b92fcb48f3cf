import type { TrainingPolicy } from './document.js';

/** The version that the product comes with. It is never edited; a later one is staged and published by internal keys. */
export const firstPolicy: TrainingPolicy = {
  version: '1.0.0',
  effective_at: '2026-11-25T00:00:00.000Z',
  last_updated: '2026-11-25T00:00:00.000Z',
  learn_from: [
    'Dataset packages that were published in the catalog with their licence and their provenance.',
    'Content that an organization names itself in a cook it asks for, for that cook alone.',
  ],
  never_learn_from: [
    'Customer content: runs, evidence, submissions, checks, approvals, shares and everything in them.',
    'Mail addresses, names, and what people write to us.',
    'Logs and usage of the service.',
  ],
  licences: {
    allow: ['Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'CC-BY-4.0', 'CC0-1.0', 'MIT', 'ODC-BY-1.0', 'PDDL-1.0'],
    deny: ['CC-BY-NC-4.0', 'CC-BY-NC-SA-4.0', 'CC-BY-ND-4.0', 'unknown'],
  },
  opt_out: {
    honours: ['robots.txt (RFC 9309)', 'TDM Reservation Protocol', 'ai.txt'],
    rule: 'A source that reserved text and data mining when it was collected is left out, and leaves at its next version when it reserves later.',
  },
  personal_data:
    'A package with personal data is not published unless its provenance names the legal basis; direct identifiers are removed before.',
  retention:
    'A withdrawn version stays addressable by its digest for the proof of earlier receipts; its rows are deleted within thirty days.',
  enforcement: ['PRV-003', 'PRV-004', 'PRV-005', 'PRV-006'],
  sources: {
    general:
      'Section 1 of the template of the European Commission: provider, model and modalities are named in each model card.',
    data: 'Section 2: publicly available, licensed and user-provided data are listed in the provenance of each dataset package.',
    processing: 'Section 3: opt-outs are honoured as above; illegal content is removed before publication.',
  },
  contact: 'The address in SECURITY.md of this deployment.',
  changelog: ['1.0.0: first version.'],
};
