import { Model } from 'objection';
import type { CatalogState } from '../models/rules.js';
import type { DatasetPackage } from './package.js';
import type { DatasetUse } from './rules.js';
import type { GrantedFile, Sample } from './store.js';

export class DatasetPackageRow extends Model {
  static override readonly tableName = 'dataset_packages';
  static override readonly idColumn = ['slug', 'version'];
  static override readonly jsonAttributes = ['package', 'samples'];
  declare readonly slug: string;
  declare readonly version: string;
  declare manifestRoot: string;
  declare package: DatasetPackage;
  declare samples: Sample[];
  declare state: CatalogState;
  declare because: string | null;
  declare isCurrent: boolean;
  declare title: string;
  declare licence: string;
  declare tier: string;
  declare tasks: string[];
  declare languages: string[];
  declare bytes: number;
  declare records: number;
  declare words: string;
  declare publishedAt: Date;
}

export class DatasetGrantRow extends Model {
  static override readonly tableName = 'dataset_grants';
  static override readonly jsonAttributes = ['files'];
  declare readonly id: string;
  declare orgId: string;
  declare slug: string;
  declare version: string;
  declare manifestRoot: string;
  declare files: GrantedFile[];
  declare purpose: string;
  declare uses: DatasetUse[];
  declare licenceSha256: string;
  declare policyVersion: string;
  declare principal: string;
  declare grantedTo: string;
  declare keyId: string | null;
  declare issuedAt: Date;
  declare expiresAt: Date;
  declare maxRedemptions: number;
  declare redemptions: number;
  declare redeemedAt: Date | null;
  declare revokedAt: Date | null;
  declare revokedBecause: string | null;
  declare receiptId: string;
}
