import knex, { type Knex } from 'knex';
import { knexSnakeCaseMappers } from 'objection';

/** A pool with the owner's rights, for migrations only; the application's own pool gives them up. */
export const migrationPool = (url: string): Knex => knex({ client: 'pg', connection: url, pool: { min: 0, max: 2 } });

/** The same for the commands of an operator, which go through stores. */
export const operatorPool = (url: string): Knex =>
  knex({ client: 'pg', connection: url, pool: { min: 0, max: 2 }, ...knexSnakeCaseMappers() });
