import type { Tenant } from '../db/database.js';
import { isDuplicate } from '../db/duplicate.js';
import { newId } from '../db/new-id.js';
import type { PageQuery } from '../http/paging.js';
import { Refusal } from '../kernel/refusals.js';
import { ProjectRow } from './model.js';

export interface Project {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly createdBy: string;
  readonly createdAt: Date;
}

export async function insertProject(
  tenant: Tenant,
  project: { name: string; description: string; createdBy: string },
): Promise<Project> {
  try {
    return await ProjectRow.query(tenant.trx)
      .insert({ id: newId('project'), orgId: tenant.orgId, ...project })
      .returning('*');
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    throw new Refusal(
      'name_taken',
      `A project named ${JSON.stringify(project.name)} exists already.`,
      {},
      { cause: error },
    );
  }
}

export async function findProject(tenant: Tenant, id: string): Promise<Project | undefined> {
  return ProjectRow.query(tenant.trx).findOne({ id, orgId: tenant.orgId });
}

export async function listProjects(tenant: Tenant, { limit, after }: PageQuery): Promise<readonly Project[]> {
  const query = ProjectRow.query(tenant.trx).where({ orgId: tenant.orgId });
  if (after) void query.whereRaw('(created_at, id) < (?, ?)', [after.at, after.id]);
  return query
    .orderBy([
      { column: 'createdAt', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(limit + 1);
}
