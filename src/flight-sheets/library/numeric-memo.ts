import type { FlightSheet } from '../schema.js';
import { builtIn } from './catalogue.js';
import { firstRules, reviewedRules, standardTolerance, twoPeople } from './parts.js';

export const numericMemo: FlightSheet = {
  slug: 'numeric-memo',
  version: '1.0.0',
  name: 'Numeric memo with re-derivation',
  lane: 'agent',
  summary: 'A memo whose every figure is computed again from its own inputs, and read by a person against the sources.',
  assignment_instructions:
    'Attach the sources. Give each derived figure as a calculation with its expression and inputs.',
  required_output_schema: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    required: ['title', 'summary', 'figures', 'recommendation'],
    properties: {
      title: { type: 'string', minLength: 5 },
      summary: { type: 'string', minLength: 40 },
      figures: {
        type: 'array',
        minItems: 1,
        items: {
          type: 'object',
          required: ['name', 'value', 'unit'],
          properties: { name: { type: 'string' }, value: { type: 'number' }, unit: { type: 'string' } },
          additionalProperties: false,
        },
      },
      recommendation: { type: 'string', minLength: 10 },
    },
    additionalProperties: false,
  },
  strict_submission: false,
  rules: [
    ...firstRules,
    {
      id: 'HUM-001',
      kind: 'human',
      title: 'How many of the figures did you trace back to a source line?',
      category: 'human',
      severity: 'critical',
      bucket: 'finding',
      response: { type: 'number', unit: 'figures', min: 1, max: 1000 },
      forbid_submitter: true,
      remediation: 'Trace the figures, or flag the ones without a source.',
    },
    {
      id: 'HUM-002',
      kind: 'human',
      title: 'Does the recommendation follow from the figures alone?',
      category: 'human',
      severity: 'major',
      bucket: 'finding',
      response: { type: 'enum', options: ['follows', 'follows with caveats', 'does not follow'] },
      forbid_submitter: true,
      remediation: 'Name the missing step or weaken the recommendation.',
    },
  ],
  tolerance: standardTolerance,
  four_eyes: twoPeople,
  standards: [
    { framework: 'NIST AI RMF', clause: 'MEASURE 2.1' },
    { framework: 'EU AI Act', clause: 'Art. 14(4)' },
  ],
  state: 'active',
};

/** The same with every built-in that applies, and the human answers closed. */
export const numericMemoReviewed: FlightSheet = {
  ...numericMemo,
  version: '1.1.0',
  rules: [...reviewedRules, builtIn('SUB-004'), ...numericMemo.rules.filter(({ kind }) => kind === 'human')],
};
