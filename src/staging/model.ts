import { Model } from 'objection';
import type { StagedKind } from './schema.js';

export class StagingRow extends Model {
  static override readonly tableName = 'catalog_stagings';
  static override readonly jsonAttributes = ['document'];
  declare readonly id: string;
  declare kind: StagedKind;
  declare slug: string;
  declare version: string;
  declare digest: string;
  declare document: unknown;
  declare state: 'staged' | 'published' | 'discarded';
  declare stagedBy: string;
  declare publishedBy: string | null;
  declare createdAt: Date;
  declare publishedAt: Date | null;
}

export class CatalogEventRow extends Model {
  static override readonly tableName = 'catalog_events';
  declare readonly id: string;
  declare at: Date;
  declare actor: string;
  declare action: string;
  declare kind: StagedKind;
  declare slug: string;
  declare version: string;
  declare digest: string | null;
  declare because: string | null;
  declare requestId: string;
}
