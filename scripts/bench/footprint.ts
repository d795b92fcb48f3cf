import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readExample } from '../demo/example.js';
import { travel } from '../demo/journey.js';
import { startParts, startRoles } from '../stack/stack.js';
import { usageOf } from '../stack/usage.js';

const MIB = 1024 * 1024;

/** Memory of the whole tree after one lifecycle, and how long the stack takes to be ready. */
export async function benchFootprint(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dc-bench-'));
  const begin = performance.now();
  const parts = await startParts({ folder, ui: true, fixedPorts: false, durable: true });
  try {
    await startRoles(parts);
    const ready = performance.now();
    const journey = await travel(parts.publicUrl, readExample('numeric-memo'), (_name, work) => work());
    await fetch(`${journey.shareUrl}/pdf`);
    const done = performance.now();
    const usages = [...usageOf(parts.nursery)];
    for (const [name, { memoryBytes }] of usages)
      process.stdout.write(`${name.padEnd(14)}${String(Math.round(memoryBytes / MIB)).padStart(6)} MiB\n`);
    const own = process.memoryUsage().rss;
    const total = usages.reduce((sum, [, { memoryBytes }]) => sum + memoryBytes, own);
    process.stdout.write(`${'this'.padEnd(14)}${String(Math.round(own / MIB)).padStart(6)} MiB\n`);
    process.stdout.write(
      `Together ${String(Math.round(total / MIB))} MiB. Ready after ${seconds(ready - begin)} s, one lifecycle and its PDF ${seconds(done - ready)} s.\n`,
    );
  } finally {
    await parts.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(1);
