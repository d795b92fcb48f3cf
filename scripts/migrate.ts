import { migrate } from '../src/db/migrate.js';
import { migrationPool } from '../src/db/migration-pool.js';
import { createObjectStore } from '../src/adapters/object-store.js';
import { readPdfConfig } from '../src/config.js';

/** Brings the database to the newest schema and makes missing buckets. Safe to run while workers run, and twice. */
const config = readPdfConfig(process.env);
const pool = migrationPool(config.DATABASE_URL);
await migrate(pool);
await pool.destroy();
for (const bucket of [config.S3_PRIVATE_BUCKET, config.S3_PUBLIC_BUCKET]) {
  const store = createObjectStore({
    endpoint: config.S3_ENDPOINT,
    region: config.S3_REGION,
    accessKeyId: config.S3_ACCESS_KEY_ID,
    secretAccessKey: config.S3_SECRET_ACCESS_KEY,
    bucket,
  });
  await store.ensureBucket();
  store.close();
}
process.stdout.write('Migrated.\n');
