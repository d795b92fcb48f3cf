import { Model } from 'objection';

export class UserRow extends Model {
  static override readonly tableName = 'users';
  declare readonly id: string;
  declare email: string;
  declare displayName: string;
}

export class MagicLinkRow extends Model {
  static override readonly tableName = 'magic_links';
  declare readonly id: string;
  declare email: string;
  declare tokenHash: string;
  declare codeHash: string | null;
  declare codeAttempts: number;
  declare createdAt: Date;
  declare expiresAt: Date;
  declare usedAt: Date | null;
  declare voidedAt: Date | null;
}
