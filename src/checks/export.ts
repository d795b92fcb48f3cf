import { z } from 'zod';
import type { ObjectStore } from '../adapters/object-store.js';
import type { Tenant } from '../db/database.js';
import { listEvidence } from '../evidence/store.js';
import { coreRules } from '../flight-sheets/library/parts.js';
import { ruleSchema } from '../flight-sheets/schema.js';
import { Refusal } from '../kernel/refusals.js';
import { findRun } from '../runs/store.js';
import { withTexts } from './inputs.js';
import { observe } from './observe.js';
import { isEngineInputs } from './replay.js';
import { findAudit, findInputs, type Audit } from './store.js';

/** Everything a replay needs, and the digests it must come to. */
export const exportView = z
  .strictObject({
    format: z.literal('defendablecloud.com/audit/v1'),
    audit_id: z.string(),
    engine_version: z.string(),
    inputs_digest: z.string(),
    replay_digest: z.string(),
    rules: z.array(ruleSchema),
    inputs: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'AuditExport' });

/** What the database holds of an audit; the texts of the evidence are still in storage. */
export async function readExport(
  tenant: Tenant,
  runId: string,
  auditId: string,
): Promise<{
  readonly audit: Audit;
  readonly inputs: string;
  readonly rules: z.input<typeof exportView>['rules'];
  readonly evidence: Awaited<ReturnType<typeof listEvidence>>;
}> {
  const run = await findRun(tenant, runId);
  const audit = await findAudit(tenant, auditId);
  const inputs = await findInputs(tenant, auditId);
  if (!run || audit?.runId !== runId || inputs === undefined)
    throw new Refusal('not_found', 'No such audit, or it was made before inputs were kept.');
  const rules = audit.kind === 'core' ? coreRules : run.flightSheet.rules;
  return { audit, inputs, rules: [...rules], evidence: await listEvidence(tenant, runId) };
}

/** The export of an audit, whole: the texts are read again, and refused where they are not the ones it saw. */
export async function wholeExport(
  objects: ObjectStore,
  { audit, inputs, rules, evidence }: Awaited<ReturnType<typeof readExport>>,
): Promise<z.input<typeof exportView>> {
  const kept: unknown = JSON.parse(inputs);
  if (!isEngineInputs(kept)) throw new Error(`wholeExport: the inputs of ${audit.id} are not readable`);
  const wanted = new Set(kept.evidence.flatMap(({ id, text }) => (text === null ? [] : [id])));
  const observed = await observe(
    objects,
    evidence.filter(({ id }) => wanted.has(id)),
    () => undefined,
  );
  const whole = withTexts(kept, observed);
  if (!whole)
    throw new Refusal('evidence_integrity', 'Evidence of this audit is gone or changed, so it cannot be replayed.');
  return {
    format: 'defendablecloud.com/audit/v1',
    audit_id: audit.id,
    engine_version: audit.engineVersion,
    inputs_digest: audit.inputsDigest ?? '',
    replay_digest: audit.replayDigest ?? '',
    rules,
    inputs: { ...whole },
  };
}
