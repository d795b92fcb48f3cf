import knex, { type Knex } from 'knex';
import { knexSnakeCaseMappers } from 'objection';
import pg from 'pg';
import { ScopedClient, type ScopedConfig } from './scoped-client.js';

/** Sizes, indexes and counters stay far below 2^53; a bigint as a string would only invite arithmetic on text. */
pg.types.setTypeParser(pg.types.builtins.INT8, Number);
/** A day is no moment: it stays the text it is. */
pg.types.setTypeParser(pg.types.builtins.DATE, String);

/**
 * A transaction that acts for one organization: row-level security shows it that organization's rows and no others.
 * Only Database makes one, so a store that asks for a Tenant can't be called without a context.
 */
export class Tenant {
  protected readonly scope = 'tenant';
  readonly orgId: string;
  readonly trx: Knex.Transaction;

  constructor(orgId: string, trx: Knex.Transaction) {
    this.orgId = orgId;
    this.trx = trx;
  }
}

/** A transaction outside any organization: sees the rows that its person or its token gives a right to. */
export class Outsider {
  protected readonly scope = 'outsider';
  readonly trx: Knex.Transaction;

  constructor(trx: Knex.Transaction) {
    this.trx = trx;
  }
}

/** A transaction of the workers' own sweeps and of the ledger: role dc_worker, whose policies are explicit. */
export class System {
  protected readonly scope = 'system';
  readonly trx: Knex.Transaction;

  constructor(trx: Knex.Transaction) {
    this.trx = trx;
  }
}

/** What an outsider can show for itself: who it is, or the hash of a token it holds. */
export interface Credentials {
  readonly userId?: string;
  readonly tokenHash?: string;
}

/** The one door to Postgres. Every scope is one transaction; its settings end with it. */
export interface Database {
  /** `durable: false` may lose the commit with a crashing server: only for what its caller repeats. */
  tenant<T>(orgId: string, work: (tenant: Tenant) => Promise<T>, options?: { readonly durable?: boolean }): Promise<T>;
  outsider<T>(credentials: Credentials, work: (outsider: Outsider) => Promise<T>): Promise<T>;
  system<T>(work: (system: System) => Promise<T>): Promise<T>;
  readonly knex: Knex;
  close(): Promise<void>;
}

/** Opens a pool. `maxConnections` bounds it; statements are cut off after 15 s so that a hang becomes an error. */
export function openDatabase(url: string, maxConnections = 10): Database {
  const pool = knex({
    client: ScopedClient,
    connection: { connectionString: url, application_name: 'defendablecloud', statement_timeout: 15_000 },
    pool: { min: 0, max: maxConnections, afterCreate: asApplication },
    acquireConnectionTimeout: 10_000,
    ...knexSnakeCaseMappers(),
  });
  const scoped = <T>(scope: ScopedConfig['scope'], work: (trx: Knex.Transaction) => Promise<T>): Promise<T> => {
    const config: ScopedConfig = { scope };
    return pool.transaction(work, config);
  };
  return {
    knex: pool,
    tenant: (orgId, work, { durable = true } = {}) =>
      scoped({ 'app.org_id': orgId, ...(durable ? {} : { synchronous_commit: 'off' }) }, (trx) =>
        work(new Tenant(orgId, trx)),
      ),
    outsider: ({ userId = '', tokenHash = '' }, work) =>
      scoped({ 'app.user_id': userId, 'app.token_hash': tokenHash }, (trx) => work(new Outsider(trx))),
    system: (work) => scoped({ role: 'dc_worker' }, (trx) => work(new System(trx))),
    close: () => pool.destroy(),
  };
}

/** Every pooled connection gives up the owner's rights before its first statement. */
function asApplication(connection: pg.Client, done: (error: Error | null, connection: pg.Client) => void): void {
  connection.query('set role dc_app').then(
    () => {
      done(null, connection);
    },
    (error: unknown) => {
      done(error instanceof Error ? error : new Error(String(error)), connection);
    },
  );
}

/** Works in another organization that this one has proved a right to, inside the same transaction, and comes back. */
export async function inTenant<T>(tenant: Tenant, orgId: string, work: (other: Tenant) => Promise<T>): Promise<T> {
  await tenant.trx.raw(`select set_config('app.org_id', ?, true)`, [orgId]);
  const result = await work(new Tenant(orgId, tenant.trx));
  await tenant.trx.raw(`select set_config('app.org_id', ?, true)`, [tenant.orgId]);
  return result;
}

/** Continues an outsider's transaction inside an organization it has just proved a right to, or has just made. */
export async function enterTenant(outsider: Outsider, orgId: string): Promise<Tenant> {
  await outsider.trx.raw(`select set_config('app.org_id', ?, true)`, [orgId]);
  return new Tenant(orgId, outsider.trx);
}
