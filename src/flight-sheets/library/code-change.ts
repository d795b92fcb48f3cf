import type { FlightSheet } from '../schema.js';
import { builtIn } from './catalogue.js';
import { firstRules, reviewedRules, standardTolerance, twoPeople } from './parts.js';

export const codeChange: FlightSheet = {
  slug: 'code-change',
  version: '1.0.0',
  name: 'Code change by an agent',
  lane: 'agent',
  summary: 'A change to source code made by an agent, with its diff, its test run and a reviewer who read both.',
  assignment_instructions: 'Attach the issue, the diff and the full output of the test run.',
  required_output_schema: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    required: ['commit', 'files_changed', 'summary', 'tests'],
    properties: {
      commit: { type: 'string', pattern: '^[0-9a-f]{40}$' },
      files_changed: { type: 'array', minItems: 1, items: { type: 'string' } },
      summary: { type: 'string', minLength: 20 },
      tests: {
        type: 'object',
        required: ['passed', 'failed', 'skipped'],
        properties: {
          passed: { type: 'integer', minimum: 1 },
          failed: { const: 0 },
          skipped: { type: 'integer', minimum: 0 },
        },
        additionalProperties: false,
      },
      risks: { type: 'array', items: { type: 'string' } },
    },
    additionalProperties: false,
  },
  strict_submission: false,
  rules: [
    ...firstRules,
    {
      id: 'HUM-001',
      kind: 'human',
      title: 'You read the whole diff: how many files did it touch?',
      category: 'human',
      severity: 'critical',
      bucket: 'finding',
      response: { type: 'number', unit: 'files', min: 1, max: 10_000 },
      forbid_submitter: true,
      remediation: 'Read the diff in the evidence and count.',
    },
    {
      id: 'HUM-002',
      kind: 'human',
      title: 'Is there a test that fails without the change?',
      category: 'human',
      severity: 'major',
      bucket: 'work_defect',
      response: { type: 'boolean' },
      forbid_submitter: true,
      remediation: 'Ask the agent for a failing test first.',
    },
  ],
  tolerance: standardTolerance,
  four_eyes: twoPeople,
  standards: [
    { framework: 'NIST AI RMF', clause: 'GOVERN 2.1' },
    { framework: 'SLSA', clause: 'v1.0 Two-person review' },
  ],
  state: 'active',
};

/** The same with every built-in that applies, and the human answers closed. */
export const codeChangeReviewed: FlightSheet = {
  ...codeChange,
  version: '1.1.0',
  required_evidence: [{ kind: 'tool_output', min: 1 }],
  rules: [...reviewedRules, builtIn('EVD-003'), ...codeChange.rules.filter(({ kind }) => kind === 'human')],
};
