import { asked, builtIn, stated } from './catalogue.js';
import { listOf, published, record, reviewedRules, words } from './parts.js';

export const agentWork = published({
  slug: 'agent-work',
  name: 'Agent work, general',
  lane: 'agent',
  summary: 'Any piece of work by an agent: what was asked, what came out, what it rests on, and a person who looked.',
  assignment_instructions: 'Attach what the agent saw. Say what was done, what was not, and what was assumed.',
  required_output_schema: record(
    { result: words(20), not_done: listOf(words(3), 0), next_steps: listOf(words(3), 0) },
    ['next_steps'],
  ),
  rules: [
    ...reviewedRules,
    builtIn('SUB-004'),
    asked(
      'HUM-001',
      'critical',
      'What did you look at to see that the result is what was asked?',
      { type: 'text', min_length: 20 },
      'Compare the result with the assignment.',
      { killer: true },
    ),
    asked(
      'HUM-002',
      'major',
      'How much of the result did you check yourself, in percent?',
      { type: 'number', unit: 'percent', min: 1, max: 100 },
      'Check a part of it.',
    ),
  ],
  standards: [
    { framework: 'EU AI Act', clause: 'Art. 14(4)' },
    { framework: 'NIST AI RMF', clause: 'MEASURE 2.8' },
    { framework: 'ISO/IEC 42001', clause: 'A.6.2.8' },
  ],
});

export const citedMemo = published({
  slug: 'cited-memo',
  name: 'Memo with cited evidence',
  lane: 'agent',
  summary: 'A memo whose every claim quotes the piece of evidence that says so.',
  assignment_instructions:
    'Attach the sources as text. Give each statement as a claim with a quotation from its source.',
  required_output_schema: record({
    title: words(5),
    memo: words(100),
    open_questions: listOf(words(5), 0),
  }),
  rules: [
    ...reviewedRules.filter(({ id }) => id !== 'SUB-005'),
    builtIn('SUB-005', { require_quote: true }),
    builtIn('SAF-003'),
    stated(
      'MEM-001',
      'critical',
      'The memo makes at least three claims',
      'length(claims) >= 3',
      'State what the memo says as claims.',
    ),
    stated(
      'MEM-002',
      'major',
      'More than one source is used',
      'distinct(map(claims, c, c.evidence_ids[0])) > 1',
      'Use a second, independent source.',
    ),
    asked(
      'HUM-001',
      'critical',
      'How many quotations did you read in their source?',
      { type: 'number', unit: 'quotations', min: 1, max: 1000 },
      'Open the sources and read around the quotations.',
      { killer: true },
    ),
    asked(
      'HUM-002',
      'major',
      'Does a source say something against the memo that it leaves out?',
      { type: 'enum', options: ['nothing', 'something minor', 'something that matters'] },
      'Add what was left out.',
    ),
  ],
  standards: [
    { framework: 'NIST AI RMF', clause: 'MEASURE 2.5' },
    { framework: 'NIST AI 600-1', clause: '2.2 Confabulation' },
  ],
});

export const supportAnswer = published({
  slug: 'support-answer',
  name: 'Customer support answer',
  lane: 'agent',
  summary:
    'An answer to a customer: grounded in the knowledge base, free of personal data of others, with a way to a person.',
  assignment_instructions: 'Attach the question with personal data masked, and the articles the answer rests on.',
  required_evidence: [
    { kind: 'observation', min: 1, max_age_hours: 168 },
    { kind: 'tool_output', min: 1 },
  ],
  required_output_schema: record({
    answer: words(20),
    promises: listOf(words(3), 0),
    handed_to_person: { type: 'boolean' },
    topic: { enum: ['billing', 'technical', 'account', 'legal', 'other'] },
  }),
  rules: [
    ...reviewedRules,
    builtIn('EVD-003'),
    builtIn('EVD-004'),
    builtIn('SAF-002'),
    builtIn('SAF-003'),
    stated(
      'SUP-001',
      'critical',
      'Legal matters go to a person',
      'output.topic != "legal" or output.handed_to_person',
      'Hand the case to a person.',
    ),
    stated(
      'SUP-002',
      'major',
      'Nothing is promised without a source',
      'length(output.promises) == 0 or length(claims) >= length(output.promises)',
      'Back each promise with a claim.',
    ),
    asked(
      'HUM-001',
      'critical',
      'Would you send this answer under your own name?',
      { type: 'enum', options: ['as it is', 'after a change', 'no'] },
      'Change the answer until you would.',
      { killer: true },
    ),
  ],
  standards: [
    { framework: 'EU AI Act', clause: 'Art. 50(1)' },
    { framework: 'GDPR', clause: 'Art. 5(1)(c)' },
  ],
});

export const incidentPostmortem = published({
  slug: 'incident-postmortem',
  name: 'Incident postmortem',
  lane: 'other',
  summary: 'What happened, when, why, whom it touched, and what keeps it from happening again.',
  assignment_instructions:
    'Attach logs and alerts. Write the timeline in UTC, blame no person, give each action an owner.',
  required_evidence: [{ kind: 'log', min: 1 }],
  required_output_schema: record({
    began_at: { type: 'string', format: 'date-time' },
    noticed_at: { type: 'string', format: 'date-time' },
    mitigated_at: { type: 'string', format: 'date-time' },
    root_cause: words(50),
    people_affected: { type: 'integer', minimum: 0 },
    actions: listOf({
      type: 'object',
      required: ['what', 'owner', 'due'],
      properties: { what: words(10), owner: words(2), due: { type: 'string', format: 'date' } },
      additionalProperties: false,
    }),
  }),
  rules: [
    ...reviewedRules,
    builtIn('EVD-003'),
    builtIn('SAF-002'),
    stated(
      'INC-001',
      'critical',
      'Times follow each other',
      'time(output.began_at) <= time(output.noticed_at) and time(output.noticed_at) <= time(output.mitigated_at)',
      'Correct the timeline.',
    ),
    stated(
      'INC-002',
      'major',
      'Actions are due within a quarter',
      'all(output.actions, a, days_between(clock, a.due) <= 92)',
      'Give each action a date within 92 days.',
    ),
    asked(
      'HUM-001',
      'critical',
      'Which action would have prevented this incident?',
      { type: 'text', min_length: 20 },
      'Find an action that would have, or add it.',
      { killer: true, graders: { min: 2 } },
    ),
  ],
  four_eyes: { required_approvals: 2, forbid_submitter: true, forbid_grader: false },
  standards: [
    { framework: 'EU AI Act', clause: 'Art. 73' },
    { framework: 'ISO/IEC 27035', clause: '5.6 Lessons learned' },
    { framework: 'SOC 2', clause: 'CC7.5' },
  ],
});

export const vendorAgent = published({
  slug: 'vendor-agent-onboarding',
  name: 'Onboarding of a vendor agent',
  lane: 'agent',
  summary: 'Before an agent of a vendor gets access: who makes it, what it may do, what it sees, how it is stopped.',
  assignment_instructions: 'Attach the contract, the description of the system, and the record of a stop test.',
  required_evidence: [
    { kind: 'file', min: 1 },
    { kind: 'human_statement', min: 1 },
  ],
  required_output_schema: record({
    vendor: words(2),
    agent: words(2),
    tools: listOf(words(2)),
    data_seen: listOf({ enum: ['public', 'internal', 'restricted', 'personal'] }),
    autonomy: { enum: ['suggest', 'human_approves_each', 'human_on_loop', 'autonomous_in_policy'] },
    stop_test_seconds: { type: 'number', exclusiveMinimum: 0 },
    sub_processors: listOf(words(2), 0),
  }),
  rules: [
    ...reviewedRules,
    builtIn('EVD-003'),
    stated(
      'VEN-001',
      'critical',
      'The agent stops within a minute',
      'output.stop_test_seconds <= 60',
      'Have the vendor shorten the stop.',
    ),
    stated(
      'VEN-002',
      'critical',
      'No autonomy over personal data at the start',
      'not ("personal" in output.data_seen) or output.autonomy in ["suggest", "human_approves_each"]',
      'Lower the autonomy.',
    ),
    asked(
      'HUM-001',
      'critical',
      'You saw the stop test: what did the agent do in the last second?',
      { type: 'text', min_length: 15 },
      'Repeat the stop test in front of a second person.',
      { killer: true },
    ),
    asked(
      'HUM-002',
      'major',
      'Is the contract signed with the terms on data use?',
      { type: 'enum', options: ['signed', 'signed without data terms', 'not signed'] },
      'Have the contract signed.',
    ),
  ],
  four_eyes: { required_approvals: 2, forbid_submitter: true, forbid_grader: true },
  standards: [
    { framework: 'EU AI Act', clause: 'Art. 26' },
    { framework: 'DORA', clause: 'Art. 28' },
    { framework: 'ISO/IEC 42001', clause: 'A.10.3' },
  ],
});
