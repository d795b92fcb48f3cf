import { Model } from 'objection';
import type { FlightSheet, SheetState } from './schema.js';

export class FlightSheetRow extends Model {
  static override readonly tableName = 'flight_sheets';
  static override readonly jsonAttributes = ['sheet'];
  declare readonly id: string;
  declare orgId: string;
  declare slug: string;
  declare version: string;
  declare versionOrder: readonly number[];
  declare digest: string;
  declare state: SheetState;
  declare sheet: FlightSheet;
  declare createdBy: string;
  declare createdAt: Date;
  declare updatedAt: Date;
}
