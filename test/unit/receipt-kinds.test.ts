import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { canonicalJson } from '../../src/kernel/canonical-json.js';
import { createCommitments, reveal } from '../../src/receipts/disclosures.js';
import { publishedSchemas } from '../../src/receipts/kinds/all.js';
import { annotationKind } from '../../src/receipts/kinds/annotation.js';
import { cookKind } from '../../src/receipts/kinds/cook.js';
import { datasetGrantKind } from '../../src/receipts/kinds/dataset-grant.js';
import { incidentKind } from '../../src/receipts/kinds/incident.js';
import { keyEventKind } from '../../src/receipts/kinds/key-event.js';
import type { ReceiptKind } from '../../src/receipts/kinds/kind.js';
import { membershipKind } from '../../src/receipts/kinds/membership.js';
import { modelPinKind } from '../../src/receipts/kinds/model-pin.js';
import { statementOf } from '../../src/receipts/mint.js';

const HASH = 'a'.repeat(64);
const AT = '2026-11-25T10:00:00.000Z';
const place = {
  id: 'rcp_1',
  revision: 1,
  seq: 7,
  prev: HASH,
  issuedAt: new Date(AT),
  org: { id: 'org_1', name: 'Naïve Ltd', alias: 'alias-1', sandboxOf: null },
  earlier: undefined,
};

/** A kind with facts of it, folded so that all kinds fit in one list. */
interface Sample {
  readonly kind: string;
  readonly path: string;
  readonly commitments: ReturnType<typeof createCommitments>;
  readonly statement: Readonly<Record<string, unknown>>;
}
function sample<F>(kind: ReceiptKind<F>, path: string, facts: F): Sample {
  const commitments = createCommitments();
  return { kind: kind.kind, path, commitments, statement: statementOf(kind, facts, place, commitments) };
}

const samples = [
  sample(incidentKind, 'incident/v1', {
    stage: 'interim',
    incidentId: 'inc_secret',
    kind: 'rogue_action',
    severity: 'sev1',
    source: 'human',
    state: 'open',
    occurredAt: null,
    detectedAt: AT,
    closedAt: null,
    response: 'lane_locked',
    reportable: { article73: true, class: 'other', deadlineAt: AT },
    harm: { type: 'financial', realised: false },
    timeline: { sha256: HASH, entries: 3 },
    title: 'secret title',
    rootCause: null,
    actions: ['secret action'],
    agentProfile: null,
    runs: [],
  }),
  sample(datasetGrantKind, 'dataset-download/v1', {
    grantId: 'grt_secret',
    dataset: { slug: 'invoices', version: '1.0.0', manifestRoot: HASH },
    files: [{ name: 'a.jsonl', sha256: HASH, size: 10 }],
    licence: { id: 'CC-BY-4.0', textSha256: HASH },
    policy: { version: '1.0.0', sha256: HASH },
    purpose: 'secret purpose',
    grantee: 'secret person',
    issuedAt: AT,
    expiresAt: AT,
    maxRedemptions: 3,
  }),
  sample(modelPinKind, 'model-pin/v1', {
    pinId: 'pin_secret',
    model: { slug: 'm', revision: 'r1', cardSha256: HASH },
    files: [],
    pinnedAt: AT,
    declaration: 'secret declaration',
    clientRef: null,
    runId: 'run_secret',
    cookId: null,
    pinnedBy: 'secret person',
  }),
  sample(cookKind, 'cook/v1', {
    cookId: 'cok_secret',
    builderId: 'https://defendablecloud.com/runner/reference/v1',
    externalParameters: { method: 'lora', epochs: 2 },
    resolvedDependencies: [{ name: 'invoices', uri: 'https://x.example/d', digest: { sha256: HASH } }],
    startedOn: AT,
    finishedOn: AT,
    artifacts: [{ name: 'adapter.safetensors', sha256: HASH }],
    logSha256: HASH,
    lift: { claim: 'no measured lift', metric: null, lower: null, n: null },
    requestedBy: 'secret person',
    costCents: null,
  }),
  sample(membershipKind, 'membership/v1', {
    membershipId: 'mbr_secret',
    event: 'activated',
    plan: 'annual',
    priceCents: 10_000,
    currency: 'USD',
    periodStart: AT,
    periodEnd: AT,
    source: 'secret source',
    recordSha256: HASH,
  }),
  sample(keyEventKind, 'key-event/v1', {
    event: 'retired',
    keyId: 'k1',
    purpose: 'log',
    publicSha256: HASH,
    validFrom: AT,
    validTo: AT,
    checkpoint: null,
    reason: 'secret reason',
  }),
  sample(annotationKind, 'annotation/v1', {
    status: 'revoked',
    receipt: { receiptId: 'rcp_0', kind: 'run', digest: HASH },
    replacement: null,
    erased: [],
    at: AT,
    role: 'owner',
    reason: 'secret reason',
  }),
];

const ajv = new Ajv2020({ strict: true, strictTypes: false });
formats.default(ajv);
for (const schema of publishedSchemas.values()) ajv.addSchema(schema);
const validate = (path: string, value: unknown): string =>
  ajv.validate(`https://defendablecloud.com/receipt/${path}`, value) ? '' : ajv.errorsText();

test.each(samples)('a $kind statement is what its published schema says, and hides what is private', (one) => {
  expect(validate(one.path, one.statement['predicate'])).toBe('');
  expect(canonicalJson(one.statement)).not.toMatch(/secret|Naïve/);
  expect(one.statement['_type']).toBe('https://in-toto.io/Statement/v1');
  const revealed = JSON.stringify(
    reveal(
      one.statement['predicate'],
      one.commitments.all.map(({ disclosure }) => disclosure),
    ),
  );
  expect(revealed).toMatch(/secret/);
  expect(revealed).toContain('Naïve');
});

test.each(samples)('a schema of $kind refuses a predicate without its frame', ({ path }) => {
  expect(validate(path, { kind: 'x' })).not.toBe('');
});

test('a second receipt of a subject says which one it supersedes', () => {
  const earlier = { id: 'rcp_0', paeDigest: HASH, revision: 1 };
  const facts = {
    event: 'created' as const,
    keyId: 'k',
    purpose: 'log' as const,
    publicSha256: HASH,
    validFrom: AT,
    validTo: null,
    checkpoint: null,
    reason: null,
  };
  const { predicate } = statementOf(keyEventKind, facts, { ...place, revision: 2, earlier }, createCommitments());
  expect(predicate).toMatchObject({ revision: 2, supersedes: { receiptId: 'rcp_0', digest: HASH } });
});

test('a cook is SLSA Provenance v1 and nothing else at the top', () => {
  const cook = samples.find(({ kind }) => kind === 'cook');
  expect(cook?.statement['predicateType']).toBe('https://slsa.dev/provenance/v1');
  const predicate = z.record(z.string(), z.unknown()).parse(cook?.statement['predicate']);
  expect(Object.keys(predicate).sort()).toEqual(['buildDefinition', 'defendablecloud_receipt', 'runDetails']);
});

test('every kind of receipt has a test here, a schema and its own path', () => {
  const kinds = [...publishedSchemas.keys()];
  expect(new Set(kinds).size).toBe(kinds.length);
  expect(kinds.filter((path) => path !== 'run/v1').sort()).toEqual(samples.map(({ path }) => path).sort());
});
