import { z } from 'zod';
import { ruleSchema } from '../flight-sheets/schema.js';
import { digestsOf, runRules } from './engine.js';
import { isObject } from './expression/value.js';
import { engineVersion, type EngineInputs } from './frozen.js';

const exported = z.looseObject({
  format: z.literal('defendablecloud.com/audit/v1'),
  audit_id: z.string(),
  engine_version: z.string(),
  inputs_digest: z.string(),
  replay_digest: z.string(),
  rules: z.array(ruleSchema),
  inputs: z.unknown(),
});

export interface Replay {
  readonly auditId: string;
  readonly same: boolean;
  /** What does not agree; empty when the audit replays. */
  readonly differences: readonly string[];
}

/** Narrows kept inputs to what the engine takes; the digest says whether they are the ones it took. */
export function isEngineInputs(value: unknown): value is EngineInputs {
  return (
    isObject(value) &&
    typeof value['engine_version'] === 'string' &&
    isObject(value['sheet']) &&
    isObject(value['run']) &&
    Array.isArray(value['evidence']) &&
    Array.isArray(value['approvers'])
  );
}

/** Runs an exported audit again, without server, storage or network, and compares the digests. */
export function replayAudit(document: unknown): Replay {
  const audit = exported.parse(document);
  if (!isEngineInputs(audit.inputs)) throw new Error('the export holds no inputs of the engine');
  const digests = digestsOf(audit.inputs, runRules(audit.rules, audit.inputs));
  const compared = [
    ['engine version', audit.engine_version, engineVersion],
    ['inputs digest', audit.inputs_digest, digests.inputs],
    ['replay digest', audit.replay_digest, digests.replay],
  ] as const;
  const differences = compared.flatMap(([name, recorded, now]) =>
    recorded === now ? [] : [`${name}: recorded ${recorded}, now ${now}`],
  );
  return { auditId: audit.audit_id, same: differences.length === 0, differences };
}
