import type { Knex } from 'knex';
import type { System } from '../db/database.js';
import { Refusal } from '../kernel/refusals.js';
import { policySha256, type TrainingPolicy } from './document.js';
import { TrainingPolicyRow } from './model.js';

export interface PublishedPolicy {
  readonly version: string;
  readonly sha256: string;
  readonly policy: TrainingPolicy;
  readonly effectiveAt: Date;
  readonly publishedAt: Date;
}

/** Publishes a version for ever. Safe to repeat: the same text again changes nothing, another is refused. */
export async function publishPolicy({ trx }: System, policy: TrainingPolicy): Promise<void> {
  const sha256 = policySha256(policy);
  await TrainingPolicyRow.query(trx)
    .insert({ version: policy.version, sha256, policy, effectiveAt: new Date(policy.effective_at) })
    .onConflict('version')
    .ignore();
  const stored = await TrainingPolicyRow.query(trx).findById(policy.version).throwIfNotFound();
  if (stored.sha256 !== sha256)
    throw new Refusal('catalog_conflict', `Version ${policy.version} of the policy was published with another text.`);
}

/** The policy in force: the newest whose time has come; before the first one's time, the one that comes first. */
export async function policyInForce(trx: Knex): Promise<PublishedPolicy> {
  const query = TrainingPolicyRow.query(trx);
  const current = await query
    .clone()
    .whereRaw('effective_at <= now()')
    .orderBy([
      { column: 'effectiveAt', order: 'desc' },
      { column: 'publishedAt', order: 'desc' },
    ])
    .first();
  return current ?? query.orderBy(['effectiveAt', 'publishedAt']).first().throwIfNotFound();
}

export async function findPolicy(trx: Knex, version: string): Promise<PublishedPolicy | undefined> {
  return TrainingPolicyRow.query(trx).findById(version);
}

/** Every version, newest first. */
export async function listPolicies(trx: Knex): Promise<readonly PublishedPolicy[]> {
  return TrainingPolicyRow.query(trx).orderBy([
    { column: 'effectiveAt', order: 'desc' },
    { column: 'publishedAt', order: 'desc' },
  ]);
}
