import { Model } from 'objection';
import type { Article73Class, IncidentKind, IncidentState, Severity } from './rules.js';
import type { Details, IncidentSource } from './schema.js';

export class IncidentRow extends Model {
  static override readonly tableName = 'incidents';
  static override readonly jsonAttributes = ['details'];
  declare readonly id: string;
  declare orgId: string;
  declare title: string;
  declare kind: IncidentKind;
  declare severity: Severity;
  declare source: IncidentSource;
  declare state: IncidentState;
  declare version: number;
  declare attendedVersion: number;
  declare dedupKey: string | null;
  declare occurrences: number;
  declare agentProfileId: string | null;
  declare assigneeId: string | null;
  declare details: Details;
  declare rootCause: string | null;
  declare occurredAt: Date;
  declare detectedAt: Date;
  declare awarenessAt: Date | null;
  declare disclosedAt: Date | null;
  declare acknowledgedAt: Date | null;
  declare mitigatedAt: Date | null;
  declare resolvedAt: Date | null;
  declare resolvedBy: string | null;
  declare closedAt: Date | null;
  declare article73Class: Article73Class | null;
  declare reportedAt: Date | null;
  declare escalations: number;
  declare reminders: number;
  declare changedAt: Date;
  declare createdBy: string | null;
  declare createdAt: Date;
  declare updatedAt: Date;
}

export class IncidentEventRow extends Model {
  static override readonly tableName = 'incident_events';
  static override readonly jsonAttributes = ['actor', 'body'];
  declare readonly id: number;
  declare orgId: string;
  declare incidentId: string;
  declare at: Date;
  declare kind: string;
  declare actor: { kind: string; id: string };
  declare body: Record<string, unknown>;
  declare sourceKey: string | null;
}

export class IncidentLinkRow extends Model {
  static override readonly tableName = 'incident_links';
  static override readonly idColumn = ['incidentId', 'kind', 'target'];
  declare incidentId: string;
  declare orgId: string;
  declare kind: 'run' | 'cook' | 'dataset' | 'model';
  declare target: string;
}
