import { randomBytes } from 'node:crypto';
import type { LedgerDeps } from '../../activities/ledger.js';
import { leafId } from '../../src/ledger/entry.js';
import { findHead, findPublication, queueLeaf, readLeaves } from '../../src/ledger/store.js';

export interface Sample {
  readonly perSecond: number;
  readonly leaves: number;
  /** Milliseconds of each leaf from its commit until it stood under a published checkpoint. */
  readonly times: readonly number[];
}

/** Writers that each append one leaf after another, every one waiting until its leaf is published. */
export async function appendAll(
  deps: LedgerDeps,
  { writers, each, bytes }: { readonly writers: number; readonly each: number; readonly bytes: number },
): Promise<Sample> {
  const { database, logId } = deps;
  const times: number[] = [];
  const waiting = new Map<string, () => void>();
  const watcher = watch(deps, waiting);
  const begin = performance.now();
  await Promise.all(
    Array.from({ length: writers }, async () => {
      for (let i = 0; i < each; i += 1) {
        const entry = Buffer.concat([randomBytes(16), Buffer.alloc(bytes - 16, 'x')]);
        const published = new Promise<void>((resolve) => waiting.set(leafId(entry), resolve));
        await database.tenant('org_bench', ({ trx }) =>
          queueLeaf(trx, logId, { entry, receiptId: 'rcp_bench', kind: 'run', orgAlias: 'bench' }),
        );
        const committed = performance.now();
        await published;
        times.push(performance.now() - committed);
      }
    }),
  );
  const seconds = (performance.now() - begin) / 1000;
  await watcher.stop();
  return { perSecond: (writers * each) / seconds, leaves: writers * each, times };
}

/** One reader for all writers: resolves each leaf's promise when it is under a published checkpoint. */
function watch({ database, logId }: LedgerDeps, waiting: Map<string, () => void>): { stop(): Promise<void> } {
  let stopped = false;
  const run = async (): Promise<void> => {
    let seen = (await findHead(database.knex, logId))?.size ?? 0;
    while (!stopped) {
      const { publishedSize } = await findPublication(database.knex, logId);
      const leaves = publishedSize > seen ? await readLeaves(database.knex, logId, seen, publishedSize - seen) : [];
      for (const { entry } of leaves) {
        const id = leafId(entry);
        waiting.get(id)?.();
        waiting.delete(id);
      }
      seen = Math.max(seen, publishedSize);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  const running = run();
  return {
    async stop() {
      stopped = true;
      await running;
    },
  };
}
