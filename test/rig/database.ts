import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { fromRunner } from './environment.js';

/** A database of its own, cloned from the migrated template in some milliseconds. */
export interface ClonedDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

export async function cloneDatabase(): Promise<ClonedDatabase> {
  const admin = fromRunner('DATABASE_URL');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await administer(admin, `create database ${name} template ${fromRunner('TEST_TEMPLATE')}`);
  return {
    url: Object.assign(new URL(admin), { pathname: `/${name}` }).href,
    drop: () => administer(admin, `drop database ${name} with (force)`),
  };
}

/** Runs one statement with the owner's rights. Creating from one template excludes a parallel creation, so it waits its turn. */
export async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock(71)');
    await client.query(statement);
  } finally {
    await client.end();
  }
}
