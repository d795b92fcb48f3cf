import type { Tenant } from '../db/database.js';
import type { PageQuery } from '../http/paging.js';
import { ModelPinRow } from './model.js';

export interface Pin {
  readonly id: string;
  readonly slug: string;
  readonly revision: string;
  readonly cardSha256: string;
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
  readonly runId: string | null;
  readonly declaration: string | null;
  readonly clientRef: string | null;
  readonly assessmentId: string | null;
  readonly pinnedBy: string;
  readonly keyId: string | null;
  readonly state: 'active' | 'superseded';
  readonly supersededBy: string | null;
  readonly receiptId: string;
  readonly createdAt: Date;
}

/** The pin that is in force for a model, of the organization or of one of its runs. */
export async function findActivePin(tenant: Tenant, slug: string, runId: string | null): Promise<Pin | undefined> {
  return ModelPinRow.query(tenant.trx).findOne({ orgId: tenant.orgId, slug, runId, state: 'active' }).forUpdate();
}

export async function findPin(tenant: Tenant, id: string): Promise<Pin | undefined> {
  return ModelPinRow.query(tenant.trx).findOne({ id, orgId: tenant.orgId });
}

/**
 * Puts a pin in force and retires the one before it. The unique index on what is active refuses a second of two
 * parallel pins, whose command is then tried again and finds the first.
 */
export async function insertPin(
  tenant: Tenant,
  pin: Omit<Pin, 'state' | 'supersededBy' | 'createdAt'>,
  before: Pin | undefined,
): Promise<Pin> {
  const { files, ...fields } = pin;
  if (before)
    await ModelPinRow.query(tenant.trx)
      .findById(before.id)
      .where({ orgId: tenant.orgId })
      .patch({ state: 'superseded', supersededBy: pin.id });
  return ModelPinRow.query(tenant.trx)
    .insert({ orgId: tenant.orgId, ...fields, files: [...files] })
    .returning('*');
}

/** The pins in force for a run, oldest first: what its receipt seals and its audit looks at. */
export async function listRunPins(tenant: Tenant, runId: string): Promise<readonly Pin[]> {
  return ModelPinRow.query(tenant.trx)
    .where({ orgId: tenant.orgId, runId, state: 'active' })
    .orderBy(['createdAt', 'id']);
}

export async function listPins(
  tenant: Tenant,
  { limit, after }: PageQuery,
  { slug, runId }: { readonly slug: string | undefined; readonly runId: string | undefined },
): Promise<readonly Pin[]> {
  const query = ModelPinRow.query(tenant.trx).where({ orgId: tenant.orgId });
  if (slug !== undefined) void query.where({ slug });
  if (runId !== undefined) void query.where({ runId });
  if (after) void query.whereRaw('(created_at, id) < (?, ?)', [after.at, after.id]);
  return query
    .orderBy([
      { column: 'createdAt', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(limit + 1);
}
