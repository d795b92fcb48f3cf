import { randomBytes } from 'node:crypto';
import { findPublication, queueLeaf } from '../../src/ledger/store.js';
import type { Rig } from './rig.js';

/**
 * Queues leaves that no receipt stands behind, from one size of the log to another, and waits until they are published:
 * the log itself does not look into its leaves. The even ones are of kind "even".
 */
export async function queueLeaves(rig: Rig, from: number, to: number): Promise<void> {
  await rig.database.tenant('org_none', async ({ trx }) => {
    for (let i = from; i < to; i += 1) {
      const entry = Buffer.from(`leaf ${String(i)} ${randomBytes(8).toString('hex')} ${'x'.repeat(400)}`);
      const kind = i % 2 === 0 ? 'even' : 'odd';
      await queueLeaf(trx, rig.logId, { entry, receiptId: `rcp_${String(i)}`, kind, orgAlias: 'nobody' });
    }
  });
  await rig.parts.growth.until(
    async () => (await findPublication(rig.database.knex, rig.logId)).publishedSize >= to,
    AbortSignal.timeout(20_000),
  );
}
