import { Model } from 'objection';
import type { FlightSheet, FourEyes } from '../flight-sheets/schema.js';
import type { RunState } from './rules.js';
import type { StoredVerdict } from './store.js';

export class RunRow extends Model {
  static override readonly tableName = 'runs';
  static override readonly jsonAttributes = ['flightSheet', 'inputs', 'fourEyes', 'labels', 'verdict'];
  declare readonly id: string;
  declare orgId: string;
  declare projectId: string;
  declare title: string;
  declare lane: FlightSheet['lane'];
  declare flightSheetSlug: string;
  declare flightSheetVersion: string;
  declare flightSheetDigest: string;
  declare flightSheet: FlightSheet;
  declare assignment: string | null;
  declare assignmentSha256: string | null;
  declare inputs: Record<string, unknown>;
  declare fourEyes: FourEyes;
  declare labels: Record<string, string>;
  declare clientRef: string | null;
  declare state: RunState;
  declare version: number;
  declare attempt: number;
  declare evidenceRoot: string | null;
  declare currentSubmissionId: string | null;
  declare verdict: StoredVerdict | null;
  declare verdictDigest: string | null;
  declare receiptId: string | null;
  declare createdBy: string;
  declare createdAt: Date;
  declare updatedAt: Date;
  declare reminders: number;
  declare waiverUntil: Date | null;
  declare agentProfileId: string | null;
  declare agentSnapshotDigest: string | null;
}
