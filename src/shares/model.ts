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
  declare maxViews: number | null;
  declare views: number;
  declare lastViewedOn: string | null;
  declare revokedBy: string | null;
  /** Grows when what the share shows changes: its PDF is printed again. */
  declare edition: number;
  declare pdfKey: string | null;
  declare pdfSha256: string | null;
}
