import type { Knex } from 'knex';
import PostgresClient from 'knex/lib/dialects/postgres/index.js';
import pg from 'pg';
import { z } from 'zod';

/** What knex's `transaction` is given for a transaction of ours: settings by name, which end with it. */
export interface ScopedConfig extends Knex.TransactionConfig {
  readonly scope: Readonly<Record<string, string>>;
}

const configSchema = z.object({ scope: z.record(z.string(), z.string()) });

/** knex's own Postgres dialect, whose BEGIN carries the settings of its scope, so that a scope costs no round trip. */
export class ScopedClient extends PostgresClient {
  override transaction(container: unknown, config: unknown, outer: unknown): Knex.Transaction {
    const transaction = super.transaction(container, config, outer);
    const given = configSchema.safeParse(config);
    if (!given.success) return transaction;
    const sql = `BEGIN; ${settingsSql(given.data.scope)}`;
    // knex begins a transaction in a later tick than it makes it.
    return Object.assign(transaction, {
      begin: (connection: unknown): unknown => transaction.query(connection, sql, undefined, undefined),
    });
  }
}

/** set_config instead of SET, which is no expression; names and values are both literals. */
function settingsSql(scope: ScopedConfig['scope']): string {
  const calls = Object.entries(scope).map(
    ([name, value]) => `set_config(${pg.escapeLiteral(name)}, ${pg.escapeLiteral(value)}, true)`,
  );
  return `SELECT ${calls.join(', ')}`;
}
