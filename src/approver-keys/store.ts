import { raw } from 'objection';
import type { Tenant } from '../db/database.js';
import { newId } from '../db/new-id.js';
import { Refusal } from '../kernel/refusals.js';
import type { SignatureScheme } from '../receipts/approval-signature.js';
import { ApproverKeyRow, ChallengeRow } from './model.js';

/** A key that a person holds and we do not: what it signs, we cannot forge. */
export interface ApproverKey {
  readonly id: string;
  readonly userId: string;
  readonly scheme: SignatureScheme;
  readonly name: string;
  /** SubjectPublicKeyInfo in PEM. */
  readonly publicKey: string;
  /** WebAuthn's id of a passkey. */
  readonly credentialId: string | null;
  readonly transports: readonly string[];
  /** The highest count a passkey told; 0 where it does not count. */
  readonly counter: number;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
}
/** What a person is asked to sign: to register a key, or, with a run, to decide on its verdict. */
export interface Challenge {
  readonly id: string;
  readonly userId: string;
  readonly runId: string | null;
  readonly statement: string;
  readonly expiresAt: Date;
  readonly usedAt: Date | null;
}

/** Keeps a key. The unique index lets a key be registered once, for one person, for ever. */
export async function insertApproverKey(
  tenant: Tenant,
  key: Omit<ApproverKey, 'id' | 'createdAt' | 'revokedAt'>,
): Promise<ApproverKey> {
  const id = newId('approverKey');
  const row = { ...key, id, orgId: tenant.orgId, transports: JSON.stringify(key.transports) };
  const kept: unknown[] = await tenant
    .trx('approver_keys')
    .insert(row)
    .onConflict(['org_id', 'public_key'])
    .ignore()
    .returning('id');
  if (kept.length === 0) throw new Refusal('key_taken', 'This key was registered in this organization before.');
  return ApproverKeyRow.query(tenant.trx).findOne({ id, orgId: tenant.orgId }).throwIfNotFound();
}

export async function listApproverKeys(tenant: Tenant): Promise<readonly ApproverKey[]> {
  return ApproverKeyRow.query(tenant.trx).where({ orgId: tenant.orgId }).orderBy(['createdAt', 'id']).limit(500);
}

export async function findApproverKey(tenant: Tenant, id: string): Promise<ApproverKey | undefined> {
  return ApproverKeyRow.query(tenant.trx).findOne({ id, orgId: tenant.orgId });
}

/** Which of some keys are revoked. */
export async function listRevoked(tenant: Tenant, ids: readonly string[]): Promise<readonly string[]> {
  const rows = await ApproverKeyRow.query(tenant.trx)
    .where({ orgId: tenant.orgId })
    .whereIn('id', [...ids])
    .whereNotNull('revokedAt');
  return rows.map(({ id }) => id);
}

/** Ends a key. Safe to repeat: the first time stands. */
export async function revokeApproverKey(tenant: Tenant, id: string): Promise<ApproverKey> {
  await ApproverKeyRow.query(tenant.trx)
    .where({ id, orgId: tenant.orgId })
    .whereNull('revokedAt')
    .patch({ revokedAt: raw('now()') });
  return ApproverKeyRow.query(tenant.trx).findOne({ id, orgId: tenant.orgId }).throwIfNotFound();
}

/** Remembers a passkey's count. False when it did not rise: somebody has a copy of the passkey. */
export async function raiseCounter(tenant: Tenant, key: ApproverKey, count: number): Promise<boolean> {
  if (count === 0 && key.counter === 0) return true;
  const raised = await ApproverKeyRow.query(tenant.trx)
    .where({ id: key.id, orgId: tenant.orgId })
    .where('counter', '<', count)
    .patch({ counter: count });
  return raised === 1;
}

/** Keeps a challenge, and lets go of those of the same person that nobody answered in time. */
export async function insertChallenge(
  tenant: Tenant,
  challenge: Pick<Challenge, 'userId' | 'runId' | 'statement' | 'expiresAt'>,
): Promise<Challenge> {
  await ChallengeRow.query(tenant.trx)
    .where({ orgId: tenant.orgId, userId: challenge.userId })
    .whereNull('usedAt')
    .where('expiresAt', '<', raw('now()'))
    .delete();
  return ChallengeRow.query(tenant.trx)
    .insert({ id: newId('challenge'), orgId: tenant.orgId, ...challenge })
    .returning('*');
}

/**
 * Spends a challenge of a person in the transaction of what it is answered for. One conditional UPDATE decides between
 * parallel answers; what was spent, has expired or belongs to another person or run is gone.
 */
export async function spendChallenge(
  tenant: Tenant,
  of: { readonly id: string; readonly userId: string; readonly runId: string | null },
): Promise<Challenge> {
  const [challenge] = await ChallengeRow.query(tenant.trx)
    .where({ orgId: tenant.orgId, ...of })
    .whereNull('usedAt')
    .where('expiresAt', '>', raw('now()'))
    .patch({ usedAt: raw('now()') })
    .returning('*');
  if (!challenge) throw new Refusal('challenge_gone', `The challenge ${of.id} cannot be answered by you, here, now.`);
  return challenge;
}
