import { Model } from 'objection';

export class SessionRow extends Model {
  static override readonly tableName = 'sessions';
  declare readonly id: string;
  declare orgId: string;
  declare userId: string;
  declare network: string;
  declare createdAt: Date;
  declare refreshedAt: Date;
  declare expiresAt: Date;
  declare endedAt: Date | null;
  declare endedBecause: string | null;
}

export class RefreshTokenRow extends Model {
  static override readonly tableName = 'refresh_tokens';
  declare readonly id: string;
  declare orgId: string;
  declare sessionId: string;
  declare tokenHash: string;
  declare createdAt: Date;
  declare usedAt: Date | null;
}
