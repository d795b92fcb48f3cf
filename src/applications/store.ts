import { randomBytes } from 'node:crypto';
import type { System, Tenant } from '../db/database.js';
import type { PageQuery } from '../http/paging.js';
import type { ApplicationState } from '../membership/rules.js';
import { ApplicationRow } from './model.js';
import type { Answers } from './schema.js';

export interface Application {
  readonly id: string;
  readonly orgId: string;
  readonly slug: string;
  readonly appliedBy: string;
  readonly answers: Answers;
  readonly state: ApplicationState;
  readonly decidedBy: string | null;
  readonly decidedAt: Date | null;
  readonly note: string | null;
  readonly createdAt: Date;
}
export interface DeskApplication extends Application {
  readonly orgName: string;
}

/** A name for people who decide: the organization's, and something that makes it unique. */
export function slugFor(orgName: string): string {
  const words = orgName
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  return `${words === '' ? 'organization' : words}-${randomBytes(4).toString('hex')}`;
}

/** Safe to repeat: an application that is there already is handed back as it is. */
export async function insertApplication(
  tenant: Tenant,
  application: { id: string; slug: string; appliedBy: string; answers: Answers },
): Promise<Application> {
  await ApplicationRow.query(tenant.trx)
    .insert({ orgId: tenant.orgId, state: 'submitted', ...application })
    .onConflict('id')
    .ignore();
  return ApplicationRow.query(tenant.trx).findOne({ id: application.id, orgId: tenant.orgId }).throwIfNotFound();
}

export async function findApplication(tenant: Tenant, id: string): Promise<Application | undefined> {
  return ApplicationRow.query(tenant.trx).findOne({ id, orgId: tenant.orgId });
}

/** Stores how an application ended or was decided. */
export async function decideApplication(
  tenant: Tenant,
  id: string,
  decision: { state: Exclude<ApplicationState, 'submitted'>; decidedBy: string; decidedAt: Date; note: string | null },
): Promise<Application> {
  const [row] = await ApplicationRow.query(tenant.trx)
    .where({ id, orgId: tenant.orgId })
    .patch(decision)
    .returning('*');
  if (!row) throw new Error(`decideApplication: ${id} is not there`);
  return row;
}

/** Who applied under a slug: the desk decides for every organization. */
export async function findBySlug(system: System, slug: string): Promise<DeskApplication | undefined> {
  const [row] = await withOrg(system).where('applications.slug', slug);
  return row;
}

/** Applications of all organizations, newest first, one more than asked for. */
export async function listApplications(
  system: System,
  { limit, after }: PageQuery,
  { state, orgId }: { readonly state: ApplicationState | undefined; readonly orgId: string | undefined },
): Promise<readonly DeskApplication[]> {
  const query = withOrg(system);
  if (state !== undefined) void query.where('applications.state', state);
  if (orgId !== undefined) void query.where('applications.orgId', orgId);
  if (after) void query.whereRaw('(applications.created_at, applications.id) < (?, ?)', [after.at, after.id]);
  return query
    .orderBy([
      { column: 'applications.createdAt', order: 'desc' },
      { column: 'applications.id', order: 'desc' },
    ])
    .limit(limit + 1);
}

const withOrg = (system: System) =>
  ApplicationRow.query(system.trx)
    .join('orgs', 'orgs.id', 'applications.orgId')
    .select('applications.*', 'orgs.name as orgName')
    .castTo<DeskApplication[]>();
