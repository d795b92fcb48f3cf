import { readFileSync } from 'node:fs';
import { replayAudit } from '../src/checks/replay.js';

const [file] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write(
    'Usage: npm run replay -- FILE, where FILE is the answer of GET /runs/{run_id}/audits/{audit_id}/export\n',
  );
  process.exitCode = 2;
} else {
  const { auditId, same, differences } = replayAudit(JSON.parse(readFileSync(file, 'utf8')));
  process.stdout.write(
    same ? `${auditId} replays: the same digests.\n` : `${auditId} differs.\n${differences.join('\n')}\n`,
  );
  process.exitCode = same ? 0 : 1;
}
