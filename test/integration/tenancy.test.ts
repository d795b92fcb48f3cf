import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { openDatabase } from '../../src/db/database.js';
import { listProjects } from '../../src/projects/store.js';
import { assemble, type Cast } from '../rig/people.js';
import { openRig, type Rig } from '../rig/rig.js';
import { attach, openRun } from '../rig/run.js';

let rig: Rig;
let casts: readonly [Cast, Cast];
beforeAll(async () => {
  rig = await openRig();
  casts = [await assemble(rig), await assemble(rig)];
});
afterAll(() => rig.close());

const first = { limit: 10, after: undefined };

test('one pooled connection that alternates between two tenants leaks nothing', async () => {
  const database = openDatabase(rig.ownerUrl, 1);
  try {
    for (let i = 0; i < 1000; i += 1) {
      const { owner, projectId } = casts[i % 2 === 0 ? 0 : 1];
      const seen = await database.tenant(owner.orgId, (tenant) => listProjects(tenant, first));
      expect(seen.map(({ id }) => id)).toEqual([projectId]);
    }
  } finally {
    await database.close();
  }
});

test('a query without a context sees no row of any organization', async () => {
  await attach(casts[0].owner, await openRun(casts[0]));
  const tables = (await tenantTables()).map(({ relname }) => relname);
  expect(tables).toEqual(expect.arrayContaining(['runs', 'evidence', 'api_keys', 'sessions', 'usage_counters']));
  // The outbox also holds mails of nobody's organization, and shows those alone.
  for (const table of tables.filter((name) => name !== 'outbox')) expect(await rig.database.knex(table)).toEqual([]);
  expect(await rig.database.knex('outbox').whereNotNull('org_id')).toEqual([]);
});

test('a reference between two tables of organizations carries the organization', async () => {
  const { rows } = await rig.database.knex.raw<{ rows: { name: string }[] }>(`
    select k.conname as name from pg_constraint k
      join pg_attribute a on a.attrelid = k.conrelid and a.attname = 'org_id'
      join pg_attribute b on b.attrelid = k.confrelid and b.attname = 'org_id'
     where k.contype = 'f' and not a.attnum = any (k.conkey)`);
  expect(rows).toEqual([]);
});

interface TenantTable {
  readonly relname: string;
  readonly relforcerowsecurity: boolean;
  readonly policies: number;
}

async function tenantTables(): Promise<readonly TenantTable[]> {
  const { rows } = await rig.database.knex.raw<{ rows: TenantTable[] }>(`
    select c.relname, c.relforcerowsecurity, (select count(*) from pg_policy p where p.polrelid = c.oid) as policies
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'org_id' where c.relkind = 'r' order by 1`);
  return rows;
}

test('every table with an organization has forced row-level security, and the application cannot go round it', async () => {
  const rows = await tenantTables();
  expect(rows.length).toBeGreaterThan(12);
  for (const { relname, relforcerowsecurity, policies } of rows)
    expect({ relname, relforcerowsecurity, open: policies === 0 }).toEqual({
      relname,
      relforcerowsecurity: true,
      open: false,
    });
  const roles = await rig.database.knex.raw<{ rows: unknown[] }>(
    `select 1 from pg_roles where rolname in ('dc_app', 'dc_worker') and (rolsuper or rolbypassrls)`,
  );
  expect(roles.rows).toEqual([]);
});

test('a row of another organization cannot be written either', async () => {
  const [{ owner }, other] = casts;
  const write = rig.database.tenant(owner.orgId, ({ trx }) =>
    trx('projects').insert({
      id: 'prj_x',
      orgId: other.owner.orgId,
      name: 'x',
      description: '',
      createdBy: owner.userId,
    }),
  );
  await expect(write).rejects.toThrow('row-level security');
});

test('one Idempotency-Key in two organizations is two commands; a key that is no key is refused', async () => {
  const create = (token: string, key: string): Promise<Response> =>
    fetch(`${rig.base}/projects`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ name: 'Same key' }),
    });
  const answers = await Promise.all(casts.map(({ owner }) => create(owner.token, 'shared-key')));
  const made = await Promise.all(
    answers.map(async (answer) => z.object({ id: z.string() }).parse(await answer.json())),
  );
  expect(new Set(made.map(({ id }) => id)).size).toBe(2);
  for (const bad of ['x'.repeat(256), 'with space']) expect((await create(casts[0].owner.token, bad)).status).toBe(400);
});
