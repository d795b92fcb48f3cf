import { join } from 'node:path';
import { banner, untilStopped } from './stack/banner.js';
import { root } from './stack/paths.js';
import { startParts, startRoles } from './stack/stack.js';

/** The same stack as the demo, in the foreground, empty at first; its data stays in STATE_DIR (.state). */
try {
  const parts = await startParts({
    folder: process.env['STATE_DIR'] ?? join(root, '.state'),
    ui: true,
    fixedPorts: true,
    durable: true,
  });
  try {
    await startRoles(parts);
    banner(parts);
    await untilStopped();
  } finally {
    await parts.stop();
  }
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
