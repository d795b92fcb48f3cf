import { parseArgs } from 'node:util';
import { createObjectStore, underPrefix } from '../src/adapters/object-store.js';
import { readLedgerToolConfig } from '../src/config.js';
import { openDatabase } from '../src/db/database.js';
import { auditLedger } from '../src/ledger/audit.js';
import type { AuditParts } from '../src/ledger/audit-store.js';
import { freezeLog } from '../src/ledger/freeze-store.js';
import { endKey } from '../src/ledger/keys.js';
import { rebuildLog } from '../src/ledger/rebuild.js';
import { SANDBOX_LOG_PREFIX, sandboxLogId } from '../src/ledger/sandbox-log.js';
import { resumeLog } from '../src/ledger/store.js';
import { showReport } from '../src/ledger/view.js';
import { announceKeys } from '../src/receipts/key-events.js';
import { createReceiptSigner, type ReceiptSigner } from '../src/receipts/sign.js';

/** What a command works on: the log, and the key that says what happened to it. */
interface Care extends AuditParts {
  readonly signer: ReceiptSigner | undefined;
  readonly compromised: boolean;
}

/**
 * Care of the log by a person: npm run ledger -- audit | rebuild | resume, with the configuration of the processes; with
 * --sandbox, care of what sandboxes try out. `retire KEY [--compromised]` ends a key, `freeze ORIGIN` the log of the year
 * before. Either is told in the log: now if RECEIPT_KEY_FILE is there, else when the core worker starts next.
 */
const commands: Readonly<Record<string, (care: Care, subject: string) => Promise<unknown>>> = {
  audit: async (parts) => showReport(parts.logId, await auditLedger(parts, 'full')),
  rebuild: (parts) => rebuildLog(parts),
  /** Ends a pause, but only of a log in which a full audit finds nothing. */
  resume: async (parts) => {
    const report = showReport(parts.logId, await auditLedger(parts, 'full'));
    if (report.ok) await parts.database.system((system) => resumeLog(system, parts.logId));
    else process.exitCode = 1;
    return { resumed: report.ok, errors: report.errors };
  },
  retire: async (care, keyId) => {
    const as = care.compromised ? 'compromised' : 'retired';
    const at = await care.database.system((system) => endKey(system, keyId, as, new Date()));
    return { key: keyId, ended: at.toISOString(), announced: await announce(care) };
  },
  freeze: async (care, origin) => {
    if (origin === care.logId)
      throw new Error('Configure the next LEDGER_ORIGIN first, and start the core worker once.');
    const { frozenAt, checkpoint } = await care.database.system((system) => freezeLog(system, origin, new Date()));
    return { origin, frozen: frozenAt.toISOString(), size: checkpoint.size, announced: await announce(care) };
  },
};

const announce = async ({ database, logId, signer }: Care): Promise<number | null> =>
  signer ? announceKeys(database, { signer, logId }) : null;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { sandbox: { type: 'boolean', default: false }, compromised: { type: 'boolean', default: false } },
});
const [name = '', subject = ''] = positionals;
const { sandbox, compromised } = values;
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (command && (subject !== '') === ['retire', 'freeze'].includes(name)) {
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
  const signer = config.RECEIPT_KEY_FILE === undefined ? undefined : createReceiptSigner(config.RECEIPT_KEY_FILE);
  const place = sandbox
    ? { objects: underPrefix(objects, SANDBOX_LOG_PREFIX), logId: sandboxLogId(logId) }
    : { objects, logId };
  try {
    const result = await command({ ...place, database, signer, compromised }, subject);
    process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
  } catch (error) {
    if (!['retire', 'freeze'].includes(name)) throw error;
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
  objects.close();
  await database.close();
} else {
  process.stderr.write(
    'Usage: npm run ledger -- audit | rebuild | resume [--sandbox]\n       npm run ledger -- retire KEY [--compromised] | freeze ORIGIN\n',
  );
  process.exitCode = 2;
}
