import { Model } from 'objection';
import type { ShareProfile } from './rules.js';

export class ShareRow extends Model {
  static override readonly tableName = 'shares';
  declare readonly id: string;
  declare orgId: string;
  declare receiptId: string;
  declare tokenHash: string;
  declare profile: ShareProfile;
  declare createdBy: string;
  declare createdAt: Date;
  declare expiresAt: Date | null;
  declare revokedAt: Date | null;
  declare pdfKey: string | null;
  declare pdfSha256: string | null;
}
