import type { FlightSheet } from '../schema.js';
import { builtIn } from './catalogue.js';
import { firstRules, reviewedRules, standardTolerance, twoPeople } from './parts.js';

export const dataExtraction: FlightSheet = {
  slug: 'data-extraction',
  version: '1.0.0',
  name: 'Data extraction',
  lane: 'agent',
  summary: 'Structured records taken from documents, held against a JSON Schema, with totals that must add up.',
  assignment_instructions: 'Attach the documents. Return one record per document and the totals as calculations.',
  required_output_schema: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    required: ['records', 'currency', 'total'],
    properties: {
      currency: { type: 'string', pattern: '^[A-Z]{3}$' },
      total: { type: 'number', minimum: 0 },
      records: {
        type: 'array',
        minItems: 1,
        items: {
          type: 'object',
          required: ['invoice_number', 'issued_on', 'supplier', 'amount'],
          properties: {
            invoice_number: { type: 'string', minLength: 1 },
            issued_on: { type: 'string', format: 'date' },
            supplier: { type: 'string', minLength: 1 },
            amount: { type: 'number', exclusiveMinimum: 0 },
          },
          additionalProperties: false,
        },
      },
    },
    additionalProperties: false,
  },
  strict_submission: false,
  rules: [
    ...firstRules,
    {
      id: 'HUM-001',
      kind: 'human',
      title: 'How many records did you compare with their document?',
      category: 'human',
      severity: 'major',
      bucket: 'finding',
      response: { type: 'number', unit: 'records', min: 1, max: 100_000 },
      forbid_submitter: true,
      remediation: 'Compare a sample with the documents in the evidence.',
    },
  ],
  tolerance: standardTolerance,
  four_eyes: twoPeople,
  standards: [{ framework: 'ISO/IEC 42001', clause: 'A.7' }],
  state: 'active',
};

/** The same with every built-in that applies, and the human answers closed. */
export const dataExtractionReviewed: FlightSheet = {
  ...dataExtraction,
  version: '1.1.0',
  rules: [...reviewedRules, builtIn('SUB-004'), ...dataExtraction.rules.filter(({ kind }) => kind === 'human')],
};
