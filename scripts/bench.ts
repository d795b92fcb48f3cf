import { benchAuth } from './bench/auth.js';
import { benchChecks } from './bench/checks.js';
import { benchDeliveries } from './bench/deliveries.js';
import { benchCooks } from './bench/cooks.js';
import { benchCatalogs } from './bench/catalogs.js';
import { benchFootprint } from './bench/footprint.js';
import { benchLedger } from './bench/ledger.js';
import { benchLifecycle } from './bench/lifecycle.js';
import { benchWebhooks } from './bench/webhooks.js';
import { benchPlanner } from './bench/planner.js';
import { benchWatchdog } from './bench/watchdog.js';

const benches: Readonly<Record<string, () => Promise<void>>> = {
  auth: benchAuth,
  checks: benchChecks,
  deliveries: benchDeliveries,
  cooks: benchCooks,
  catalogs: benchCatalogs,
  footprint: benchFootprint,
  ledger: benchLedger,
  watchdog: benchWatchdog,
  lifecycle: () => benchLifecycle(true),
  planner: benchPlanner,
  // The same without waiting for the disk: what is left is work, not fsync.
  'lifecycle-in-memory': () => benchLifecycle(false),
  webhooks: benchWebhooks,
};
const [name = ''] = process.argv.slice(2);
const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
if (bench) {
  await bench();
} else {
  process.stderr.write(`Usage: npm run bench -- NAME, where NAME is one of: ${Object.keys(benches).join(', ')}\n`);
  process.exitCode = 2;
}
