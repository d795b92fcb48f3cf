import { builtInKeys } from '../../src/checks/built-ins/index.js';
import { closeRule, isClosing, type ClosingInputs } from '../../src/checks/built-ins/closing.js';
import { runRules } from '../../src/checks/engine.js';
import {
  engineVersion,
  type EngineEvidence,
  type EngineInputs,
  type EngineSubmission,
} from '../../src/checks/frozen.js';
import { sheetDigest } from '../../src/flight-sheets/digest.js';
import { standardTolerance, twoPeople } from '../../src/flight-sheets/library/parts.js';
import type { FlightSheet, Rule } from '../../src/flight-sheets/schema.js';

const params: Readonly<Record<string, Record<string, unknown>>> = {
  'POL-003': { max_autonomy: 'human_on_loop' },
  'POL-005': { max_tokens: 1000, max_cost_cents: 500 },
  'PRV-001': { required: true },
  'SUB-006': { limit: 3 },
  'MTH-003': { inputs: ['before', 'after'] },
  'COK-001': { resamples: 500 },
};

/** One rule per built-in, under its own key. */
const everyRule: readonly Rule[] = builtInKeys.map((check) => ({
  id: check,
  kind: 'auto',
  check,
  title: check,
  category: 'policy',
  severity: 'critical',
  bucket: 'finding',
  remediation: 'None: this is a test.',
  ...(check === 'POL-001' ? { expr: 'output.growth > 0 and all(claims, c, length(c.text) > 3)' } : {}),
  ...(params[check] ? { params: params[check] } : {}),
}));

/** A sheet with every built-in rule of the engine. */
export const everySheet: FlightSheet = {
  slug: 'every-rule',
  version: '1.0.0',
  name: 'Every rule',
  lane: 'agent',
  summary: 'Every built-in, once.',
  assignment_instructions: 'None.',
  required_inputs: ['quarter'],
  required_evidence: [{ kind: 'note', min: 1, max_age_hours: 48, label_pattern: '^Num' }],
  required_output_schema: {
    type: 'object',
    required: ['growth', 'summary'],
    properties: { growth: { type: 'number' }, summary: { type: 'string', pattern: '^[A-Z]' } },
  },
  strict_submission: false,
  rules: [...everyRule],
  tolerance: standardTolerance,
  four_eyes: twoPeople,
  standards: [],
  state: 'active',
};

/** Items of an evaluation with a lift that is beyond doubt, the same each time. */
const items = Array.from({ length: 60 }, (_, i) => ({
  before: (i % 5) / 10,
  after: (i % 5) / 10 + 0.2 + (i % 3) / 100,
}));
const meanOf = (key: 'before' | 'after'): number => items.reduce((sum, item) => sum + item[key], 0) / items.length;
const lift = meanOf('after') - meanOf('before');
const metrics = {
  gpu: 'H100 SXM',
  tokens_per_second_per_stream: 100,
  bytes_per_token: 16e9,
  eval_before: meanOf('before'),
  eval_after: meanOf('after'),
  lift,
  n: items.length,
  ci95: [0.20783333333333345, 0.2121666666666668],
};

const evidence = (id: string, kind: string, text: string, more: Partial<EngineEvidence> = {}): EngineEvidence => ({
  id,
  kind,
  label: `Numbers ${id}`,
  filename: null,
  media_type: 'text/plain',
  sniffed_type: null,
  sha256: `digest-${id}`,
  client_sha256: null,
  state: 'verified',
  observed_sha256: `digest-${id}`,
  captured_at: '2026-01-01T00:00:00.000Z',
  stored_at: '2026-01-01T00:01:00.000Z',
  text,
  active_content: [],
  ...more,
});

const submission: EngineSubmission = {
  id: 'sub',
  attempt: 1,
  evidence_root: 'root',
  submitted_at: '2026-01-01T01:00:00.000Z',
  output: { growth: 20, summary: 'Revenue grew.', figures: [{ name: 'growth', value: 20, unit: 'percent' }], metrics },
  claims: [
    {
      text: 'Revenue rose.',
      evidence_ids: ['e1'],
      quote: 'Revenue  was 100',
      quantities: [{ name: 'growth', value: 20 }],
    },
  ],
  calculations: [
    {
      name: 'growth',
      expression: '(after - before) / before * 100',
      inputs: { before: 100, after: 120 },
      claimed: 20,
      unit: 'percent',
      input_units: { before: 'EUR', after: 'EUR' },
    },
  ],
  missing_inputs: [],
  assumptions: [],
  agent: { name: 'tester', version: '1' },
  model: { name: 'small', revision: 'r1' },
  usage: { tokens: 900, cost_cents: 100 },
  submitter: 'p1',
};

/** A run that every rule of the engine passes. */
export const cleanInputs: EngineInputs = {
  engine_version: engineVersion,
  clock: '2026-01-01T02:00:00.000Z',
  sheet_digest: sheetDigest(everySheet),
  sheet: everySheet,
  run: { lane: 'agent', title: 'A run', attempt: 1, inputs: { quarter: 'Q1' }, labels: {} },
  evidence: [
    evidence('e1', 'note', 'Revenue was 100, then 120.'),
    evidence('e2', 'tool_call_trace', '[{"tool":"read_file","scope":"repo"}]'),
    evidence('e3', 'benchmark_output', JSON.stringify({ result: metrics, items }), {
      filename: 'bench.json',
      media_type: 'application/json',
      client_sha256: 'digest-e3',
    }),
    evidence('e4', 'dataset_manifest', '{"train":["a","b"],"eval":["c"]}'),
    evidence('e5', 'url', 'The page says that sales are up.'),
  ],
  evidence_root: 'root',
  submission,
  approvers: ['p1', 'p2'],
  incidents: [{ id: 'inc1', severity: 'sev4', is_open: true }],
  agent_profile: {
    id: 'agp',
    state: 'active',
    autonomy: 'human_on_loop',
    allowed_lanes: ['agent'],
    tools: [{ name: 'read_file', scope: 'repo' }],
  },
  pin: {
    slug: 'small',
    revision: 'r1',
    card_sha256: 'card',
    files: ['f1', 'f2'],
    catalog: { card_sha256: 'card', files: ['f2', 'f1'], withdrawn: false },
  },
  datasets: [
    {
      id: 'dst',
      sha256: 'bytes',
      use: 'training',
      grant: { sha256: 'bytes', state: 'expired' },
      licence: { id: 'CC-BY-4.0', forbids: [] },
      fits_policy: true,
      sensitive_personal: 'no',
    },
  ],
  ledger_segment: { seq: 7, fault: null },
};

/** People's answers that the closing rules pass. */
export const cleanAnswers: ClosingInputs = {
  clock: '2026-01-02T00:00:00.000Z',
  last_change: '2026-01-01T02:00:00.000Z',
  answers: [
    { rule_id: 'HUM-001', status: 'pass', killer: true, has_value: true, answered_at: '2026-01-01T03:00:00.000Z' },
    { rule_id: 'HUM-002', status: 'waived', killer: false, has_value: true, answered_at: '2026-01-01T04:00:00.000Z' },
  ],
};

/** What every rule says of a run, by key: its status and, where the size decides, its severity. */
export function judge(inputs: EngineInputs, answers: ClosingInputs = cleanAnswers): Readonly<Record<string, string>> {
  const found = runRules(inputs.sheet.rules, inputs).map(({ rule_id, status, severity }): [string, string] => {
    if (isClosing(rule_id)) return [rule_id, closeRule(rule_id, {}, answers).status];
    return [rule_id, severity === undefined ? status : `${status} ${severity}`];
  });
  return Object.fromEntries<string>(found);
}
