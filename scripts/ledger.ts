import { createObjectStore, underPrefix } from '../src/adapters/object-store.js';
import { readLedgerToolConfig } from '../src/config.js';
import { openDatabase } from '../src/db/database.js';
import { auditLedger } from '../src/ledger/audit.js';
import type { AuditParts } from '../src/ledger/audit-store.js';
import { rebuildLog } from '../src/ledger/rebuild.js';
import { SANDBOX_LOG_PREFIX, sandboxLogId } from '../src/ledger/sandbox-log.js';
import { resumeLog } from '../src/ledger/store.js';
import { showReport } from '../src/ledger/view.js';

/**
 * Care of the log by a person: npm run ledger -- audit | rebuild | resume, with the configuration of the processes; with
 * --sandbox, care of what sandboxes try out.
 */
const commands: Readonly<Record<string, (parts: AuditParts) => Promise<unknown>>> = {
  audit: async (parts) => showReport(parts.logId, await auditLedger(parts, 'full')),
  rebuild: rebuildLog,
  /** Ends a pause, but only of a log in which a full audit finds nothing. */
  resume: async (parts) => {
    const report = showReport(parts.logId, await auditLedger(parts, 'full'));
    if (report.ok) await parts.database.system((system) => resumeLog(system, parts.logId));
    else process.exitCode = 1;
    return { resumed: report.ok, errors: report.errors };
  },
};

const [name = '', ...flags] = process.argv.slice(2);
const sandbox = flags.includes('--sandbox');
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (command) {
  const config = readLedgerToolConfig(process.env);
  const database = openDatabase(config.DATABASE_URL, 4);
  const objects = createObjectStore({
    endpoint: config.S3_ENDPOINT,
    region: config.S3_REGION,
    accessKeyId: config.S3_ACCESS_KEY_ID,
    secretAccessKey: config.S3_SECRET_ACCESS_KEY,
    bucket: sandbox ? config.S3_PRIVATE_BUCKET : config.S3_PUBLIC_BUCKET,
  });
  const logId = config.LEDGER_ORIGIN;
  const result = await command(
    sandbox
      ? { database, objects: underPrefix(objects, SANDBOX_LOG_PREFIX), logId: sandboxLogId(logId) }
      : { database, objects, logId },
  );
  process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
  objects.close();
  await database.close();
} else {
  process.stderr.write(`Usage: npm run ledger -- ${Object.keys(commands).join(' | ')} [--sandbox]\n`);
  process.exitCode = 2;
}
