import { Model } from 'objection';
import type { Rule } from '../flight-sheets/schema.js';
import type { CheckOutcome } from './rules.js';
import type { EarlierGrade, Grading, Waiver } from './store.js';

export class AuditRow extends Model {
  static override readonly tableName = 'audits';
  declare readonly id: string;
  declare orgId: string;
  declare runId: string;
  declare attempt: number;
  declare kind: 'flight_sheet' | 'core';
  declare commandId: string;
  declare state: 'queued' | 'running' | 'awaiting_human' | 'complete' | 'failed' | 'stale';
  declare sheetDigest: string;
  declare engineVersion: string;
  declare inputsDigest: string | null;
  declare replayDigest: string | null;
  declare clock: Date;
  declare triggeredBy: string;
  declare finishedAt: Date | null;
}

export class CheckRow extends Model {
  static override readonly tableName = 'checks';
  static override readonly jsonAttributes = [
    'rule',
    'evidenceIds',
    'response',
    'previous',
    'pointers',
    'grades',
    'waiver',
  ];
  declare readonly id: string;
  declare orgId: string;
  declare runId: string;
  declare auditId: string;
  declare position: number;
  declare ruleId: string;
  declare rule: Rule;
  declare kind: 'auto' | 'human' | 'dual';
  declare status: CheckOutcome['status'];
  declare severity: CheckOutcome['severity'];
  declare observed: string | null;
  declare expected: string | null;
  declare detail: string;
  declare evidenceIds: readonly string[];
  declare response: { readonly value: boolean | number | string } | null;
  declare gradedBy: string | null;
  declare gradedAt: Date | null;
  declare gradeReason: string | null;
  declare previous: readonly EarlierGrade[];
  declare version: number;
  declare difference: string | null;
  declare pointers: readonly string[];
  declare engineStatus: string | null;
  declare grades: readonly Grading[];
  declare waiver: Waiver | null;
}

export class AuditInputsRow extends Model {
  static override readonly tableName = 'audit_inputs';
  static override readonly idColumn = 'auditId';
  declare auditId: string;
  declare orgId: string;
  declare inputs: string;
}
