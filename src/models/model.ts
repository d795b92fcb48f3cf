import { Model } from 'objection';
import type { ModelCard } from './card.js';
import type { CatalogState } from './rules.js';

export class ModelCardRow extends Model {
  static override readonly tableName = 'model_cards';
  static override readonly idColumn = ['slug', 'sha256'];
  static override readonly jsonAttributes = ['card'];
  declare readonly slug: string;
  declare revision: string;
  declare sha256: string;
  declare card: ModelCard;
  declare state: CatalogState;
  declare because: string | null;
  declare isCurrent: boolean;
  declare family: string;
  declare licence: string;
  declare modalities: string[];
  declare languages: string[];
  declare paramsTotal: number;
  declare words: string;
  declare publishedAt: Date;
}

export class ModelPinRow extends Model {
  static override readonly tableName = 'model_pins';
  static override readonly jsonAttributes = ['files'];
  declare readonly id: string;
  declare orgId: string;
  declare slug: string;
  declare revision: string;
  declare cardSha256: string;
  declare files: { name: string; sha256: string }[];
  declare runId: string | null;
  declare declaration: string | null;
  declare clientRef: string | null;
  declare assessmentId: string | null;
  declare pinnedBy: string;
  declare keyId: string | null;
  declare state: 'active' | 'superseded';
  declare supersededBy: string | null;
  declare receiptId: string;
  declare createdAt: Date;
}
