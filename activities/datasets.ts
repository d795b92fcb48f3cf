import type { CommandRef } from '../src/commands/apply.js';
export interface GrantActivities {
  issueGrant(ref: CommandRef): Promise<void>;
}
