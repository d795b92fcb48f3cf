/** The class of knex's Postgres dialect that ScopedClient extends; knex ships no types for it. */
declare module 'knex/lib/dialects/postgres/index.js' {
  import type { Knex } from 'knex';
  const PostgresClient: typeof Knex.Client;
  export = PostgresClient;
}
