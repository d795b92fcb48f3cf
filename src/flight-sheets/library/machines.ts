import { asked, builtIn, stated } from './catalogue.js';
import { coreRules, listOf, measure, published, record, reviewedRules, words } from './parts.js';

const share = { type: 'number', minimum: 0, maximum: 1 };
const digest = { type: 'string', pattern: '^[0-9a-f]{64}$' };

export const datasetRelease = published({
  slug: 'dataset-release',
  name: 'Release of a dataset',
  lane: 'dataset',
  summary: 'Schema, duplicates, personal data, provenance, licence and split of a dataset before others may use it.',
  assignment_instructions:
    'Attach the manifest with the hashes of both splits, the licence text and the report of the scan.',
  required_evidence: [{ kind: 'dataset_manifest', min: 1 }],
  required_output_schema: record({
    records: { type: 'integer', minimum: 1 },
    duplicates: { type: 'integer', minimum: 0 },
    schema_violations: { type: 'integer', minimum: 0 },
    personal_data: { enum: ['none', 'masked', 'present with consent', 'unknown'] },
    licence: words(2),
    train_records: { type: 'integer', minimum: 0 },
    eval_records: { type: 'integer', minimum: 0 },
    manifest_root: digest,
  }),
  rules: [
    ...reviewedRules,
    builtIn('EVD-003'),
    builtIn('SAF-002'),
    stated(
      'DAT-001',
      'critical',
      'No record violates the schema',
      'output.schema_violations == 0',
      'Repair or drop the records.',
    ),
    stated(
      'DAT-002',
      'major',
      'At most one record in a hundred is a duplicate',
      'output.duplicates * 100 <= output.records',
      'Remove the duplicates.',
    ),
    stated(
      'DAT-003',
      'critical',
      'The splits are the whole',
      'output.train_records + output.eval_records == output.records',
      'Count the splits again.',
    ),
    stated(
      'DAT-004',
      'critical',
      'It is known whether there is personal data',
      'output.personal_data != "unknown"',
      'Scan the dataset.',
    ),
    asked(
      'HUM-001',
      'critical',
      'How many records did you read?',
      { type: 'number', unit: 'records', min: 20, max: 1_000_000 },
      'Read a random sample.',
      { killer: true },
    ),
  ],
  standards: [
    { framework: 'EU AI Act', clause: 'Art. 10(2)' },
    { framework: 'D&TA Data Provenance Standards', clause: '1.0' },
    { framework: 'MLCommons Croissant', clause: 'RAI 1.0' },
  ],
});

const gpu = { gpu: words(2), gpu_count: { type: 'integer', minimum: 1 } };

export const gpuIdentity = published({
  slug: 'gpu-identity',
  name: 'Identity of an accelerator',
  lane: 'compute',
  summary: 'The machine is the one it is sold as: model, memory, clocks and bandwidth from its own instruments.',
  assignment_instructions: 'Attach the driver query and the output of the bandwidth test as benchmark_output.',
  required_evidence: [{ kind: 'benchmark_output', min: 1, max_age_hours: 72 }],
  required_output_schema: record({
    metrics: {
      type: 'object',
      required: ['gpu', 'memory_gib', 'bandwidth_gb_s'],
      properties: { ...gpu, memory_gib: measure(), bandwidth_gb_s: measure() },
    },
    driver: words(3),
    serial_sha256: digest,
  }),
  rules: [...coreRules, builtIn('EVD-003'), builtIn('EVD-004'), builtIn('CMP-001')],
  standards: [{ framework: 'NIST AI RMF', clause: 'MAP 4.1' }],
});

export const inferenceLatency = published({
  slug: 'inference-latency',
  name: 'Latency of inference',
  lane: 'compute',
  summary: 'Throughput and tail latency of a model on a machine, from the instrument, within physics.',
  assignment_instructions: 'Attach the raw output of the load generator. Name model, quantization, batch and context.',
  required_evidence: [{ kind: 'benchmark_output', min: 1, max_age_hours: 168 }],
  required_output_schema: record({
    metrics: {
      type: 'object',
      required: ['gpu', 'tokens_per_second_per_stream', 'bytes_per_token', 'p50_ms', 'p99_ms', 'requests'],
      properties: {
        ...gpu,
        tokens_per_second_per_stream: measure(),
        bytes_per_token: measure(1),
        p50_ms: measure(),
        p99_ms: measure(),
        requests: { type: 'integer', minimum: 1 },
      },
    },
    model: words(2),
    quantization: words(2),
  }),
  rules: [
    ...coreRules,
    builtIn('EVD-003'),
    builtIn('EVD-004'),
    builtIn('CMP-001'),
    builtIn('CMP-002'),
    stated('LAT-001', 'major', 'Enough requests for a tail', 'output.metrics.requests >= 1000', 'Run the load longer.'),
    stated(
      'LAT-002',
      'critical',
      'The tail is not below the middle',
      'output.metrics.p99_ms >= output.metrics.p50_ms',
      'Read the percentiles again.',
    ),
  ],
  standards: [{ framework: 'MLPerf Inference', clause: 'Rules 6' }],
});

export const thermalPower = published({
  slug: 'thermal-power',
  name: 'Heat and power under load',
  lane: 'compute',
  summary: 'An hour of full load without throttling, and what it drew.',
  assignment_instructions: 'Attach the log of the sensors over the whole load as benchmark_output.',
  required_evidence: [{ kind: 'benchmark_output', min: 1, max_age_hours: 168 }],
  required_output_schema: record({
    metrics: {
      type: 'object',
      required: ['minutes', 'max_celsius', 'throttled_seconds', 'mean_watts', 'kwh'],
      properties: {
        minutes: measure(),
        max_celsius: measure(),
        throttled_seconds: measure(),
        mean_watts: measure(),
        kwh: measure(),
      },
    },
    limit_celsius: measure(1),
  }),
  rules: [
    ...coreRules,
    builtIn('EVD-003'),
    builtIn('CMP-001'),
    stated('THM-001', 'major', 'The load lasted an hour', 'output.metrics.minutes >= 60', 'Run the load for an hour.'),
    stated(
      'THM-002',
      'critical',
      'It stayed under its limit without throttling',
      'output.metrics.max_celsius < output.limit_celsius and output.metrics.throttled_seconds == 0',
      'Improve the cooling and repeat.',
    ),
    stated(
      'THM-003',
      'major',
      'Energy is power times time',
      'abs(output.metrics.mean_watts * output.metrics.minutes / 60000 - output.metrics.kwh) <= output.metrics.kwh * 0.05',
      'Integrate the power again.',
    ),
  ],
  standards: [{ framework: 'EU AI Act', clause: 'Annex XI 1(2)(e)' }],
});

export const fineTuneLift = published({
  slug: 'fine-tune-lift',
  name: 'Lift of a fine-tune',
  lane: 'cook',
  summary: 'What a training run gained over its base, recomputed from its per-item results, on data that may be used.',
  assignment_instructions:
    'Attach per-item results of both models as benchmark_output and the manifest with both splits.',
  required_evidence: [
    { kind: 'benchmark_output', min: 1 },
    { kind: 'dataset_manifest', min: 1 },
  ],
  required_output_schema: record({
    metrics: {
      type: 'object',
      required: ['eval_before', 'eval_after', 'lift', 'n', 'ci95'],
      properties: {
        eval_before: { type: 'number' },
        eval_after: { type: 'number' },
        lift: { type: 'number' },
        n: { type: 'integer', minimum: 1 },
        ci95: { type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2 },
      },
    },
    base_model: words(2),
    config_sha256: digest,
    seeds: listOf({ type: 'integer' }),
  }),
  rules: [
    ...reviewedRules,
    builtIn('EVD-003'),
    builtIn('COK-001'),
    asked(
      'HUM-001',
      'critical',
      'How many answers of both models did you compare yourself?',
      { type: 'number', unit: 'answers', min: 5, max: 100_000 },
      'Compare a sample.',
      { killer: true },
    ),
  ],
  standards: [
    { framework: 'EU AI Act', clause: 'Annex XI 1(2)' },
    { framework: 'NIST AI RMF', clause: 'MEASURE 2.3' },
  ],
});

export const modelRelease = published({
  slug: 'model-release',
  name: 'Release of a model',
  lane: 'cook',
  summary:
    'A model with its card: what it is for, how it was measured, what it must not be used for, and that it is the file that was tested.',
  assignment_instructions: 'Attach the card, the evaluation output and the digests of the files.',
  required_evidence: [
    { kind: 'benchmark_output', min: 1 },
    { kind: 'file', min: 1 },
  ],
  required_output_schema: record({
    name: words(2),
    revision: words(2),
    file_sha256: listOf(digest),
    licence: words(2),
    intended_use: words(20),
    forbidden_use: words(20),
    limits: words(20),
    worst_group_score: share,
    mean_score: share,
  }),
  rules: [
    ...reviewedRules,
    builtIn('EVD-003'),
    builtIn('SUB-004'),
    stated(
      'REL-001',
      'critical',
      'The worst group is not hidden by the mean',
      'output.worst_group_score <= output.mean_score',
      'Report the groups again.',
    ),
    stated(
      'REL-002',
      'major',
      'No group falls far behind',
      'output.mean_score - output.worst_group_score <= 0.2',
      'Improve the group, or name it under limits.',
    ),
    asked(
      'HUM-001',
      'critical',
      'Which misuse did you try, and what did the model do?',
      { type: 'text', min_length: 40 },
      'Try the forbidden uses.',
      { killer: true, graders: { min: 2 } },
    ),
  ],
  four_eyes: { required_approvals: 2, forbid_submitter: true, forbid_grader: false },
  standards: [
    { framework: 'EU AI Act', clause: 'Art. 53(1)' },
    { framework: 'ISO/IEC 42001', clause: 'A.6.2.4' },
    { framework: 'CycloneDX', clause: 'modelCard 1.6' },
  ],
});
