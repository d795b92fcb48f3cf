import type { Tokens } from '../auth/tokens.js';
import type { Tenant } from '../db/database.js';
import { newId } from '../db/new-id.js';
import { insertShare } from './store.js';

/** The share that every receipt begins with, in the transaction that mints it: its link can be told at once. */
export async function insertFirstShare(
  tenant: Tenant,
  tokens: Tokens,
  { receiptId, createdBy }: { readonly receiptId: string; readonly createdBy: string },
): Promise<void> {
  const id = newId('share');
  const tokenHash = tokens.hash(tokens.issue('share', id));
  await insertShare(tenant, { id, receiptId, tokenHash, profile: 'standard', createdBy });
}
