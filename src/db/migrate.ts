import type { Knex } from 'knex';
import { people } from './migrations/0001-people.js';
import { runs } from './migrations/0002-runs.js';
import { ledger } from './migrations/0003-ledger.js';
import { scopedReads } from './migrations/0004-scoped-reads.js';
import { identity } from './migrations/0005-identity.js';
import { sandboxes } from './migrations/0006-sandboxes.js';
import { ledgerAudits } from './migrations/0010-ledger-audits.js';
import { incidents } from './migrations/0070-incidents.js';
import { incidentSources } from './migrations/0073-incident-sources.js';
import { webhooks } from './migrations/0072-webhooks.js';
import { platform } from './migrations/0075-platform.js';
import { annotationsTold } from './migrations/0077-annotations-told.js';
import { annotations } from './migrations/0076-annotations.js';
import { receipts } from './migrations/0015-receipts.js';
import { checks } from './migrations/0020-checks.js';
import { shares } from './migrations/0016-shares.js';
import { membership } from './migrations/0040-membership.js';
import { applicationEnds } from './migrations/0041-application-ends.js';
import { approverKeys } from './migrations/0080-approver-keys.js';
import { cooks } from './migrations/0030-cooks.js';
import { catalogs } from './migrations/0050-catalogs.js';
import { cookDeadlines } from './migrations/0031-cook-deadlines.js';

/** Forward only. A name is never renamed and its SQL never edited once released; a change is a new entry. */
const migrations: readonly { readonly name: string; readonly sql: string }[] = [
  { name: '0001-people', sql: people },
  { name: '0002-runs', sql: runs },
  { name: '0003-ledger', sql: ledger },
  { name: '0004-scoped-reads', sql: scopedReads },
  { name: '0005-identity', sql: identity },
  { name: '0006-sandboxes', sql: sandboxes },
  { name: '0015-receipts', sql: receipts },
  { name: '0010-ledger-audits', sql: ledgerAudits },
  { name: '0020-checks', sql: checks },
  { name: '0016-shares', sql: shares },
  { name: '0040-membership', sql: membership },
  { name: '0030-cooks', sql: cooks },
  { name: '0070-incidents', sql: incidents },
  { name: '0050-catalogs', sql: catalogs },
  { name: '0072-webhooks', sql: webhooks },
  { name: '0031-cook-deadlines', sql: cookDeadlines },
  { name: '0073-incident-sources', sql: incidentSources },
  { name: '0041-application-ends', sql: applicationEnds },
  { name: '0080-approver-keys', sql: approverKeys },
  { name: '0075-platform', sql: platform },
  { name: '0076-annotations', sql: annotations },
  { name: '0077-annotations-told', sql: annotationsTold },
];

const source: Knex.MigrationSource<(typeof migrations)[number]> = {
  getMigrations: () => Promise.resolve([...migrations]),
  getMigrationName: ({ name }) => name,
  getMigration: ({ sql }) =>
    Promise.resolve({
      up: (knex) => knex.raw(sql).then(() => undefined),
      down: () => Promise.reject(new Error('migrations go forward only')),
    }),
};

/** Brings the database to the newest schema. Safe to run from several processes at once: knex holds a lock row. */
export async function migrate(knex: Knex): Promise<void> {
  await knex.migrate.latest({ migrationSource: source });
}
