import type { Person } from '../auth/actor.js';
import type { Tenant } from '../db/database.js';
import { Refusal } from '../kernel/refusals.js';
import { findReceipt, type Receipt } from '../receipts/store.js';
import { findRun } from '../runs/store.js';
import { mayShare } from './policy.js';

export async function requireReceipt(tenant: Tenant, id: string): Promise<Receipt> {
  const receipt = await findReceipt(tenant, id);
  if (!receipt) throw new Refusal('not_found', 'No such receipt.');
  return receipt;
}

/** A receipt that this person may share and annotate: a member, that of an own run. */
export async function requireShareable(tenant: Tenant, actor: Person, receiptId: string): Promise<Receipt> {
  const receipt = await requireReceipt(tenant, receiptId);
  const run = receipt.kind === 'run' ? await findRun(tenant, receipt.subjectId) : undefined;
  if (!mayShare(actor, run))
    throw new Refusal('own_runs_only', 'Your role shares and annotates the receipts of your own runs only.');
  return receipt;
}
