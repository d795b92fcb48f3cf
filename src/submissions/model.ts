import { Model } from 'objection';
import type { Submit } from './schema.js';

export class SubmissionRow extends Model {
  static override readonly tableName = 'submissions';
  static override readonly jsonAttributes = [
    'agent',
    'model',
    'output',
    'declaredEvidence',
    'claims',
    'calculations',
    'missingInputs',
    'assumptions',
    'usage',
  ];
  declare readonly id: string;
  declare orgId: string;
  declare runId: string;
  declare attempt: number;
  declare agent: Submit['agent'];
  declare model: NonNullable<Submit['model']> | null;
  /** Wrapped, because a jsonb column does not tell a string from its absence in every driver. */
  declare output: { readonly value: Submit['output'] };
  declare outputSha256: string;
  declare declaredEvidence: readonly string[];
  declare evidenceRoot: string;
  declare manifestDigest: string;
  declare claims: Submit['claims'];
  declare calculations: Submit['calculations'];
  declare missingInputs: readonly string[];
  declare assumptions: readonly string[];
  declare selfCheck: string | null;
  declare usage: NonNullable<Submit['usage']> | null;
  declare traceRef: string | null;
  declare submittedBy: string;
  declare createdAt: Date;
}
