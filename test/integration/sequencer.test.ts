import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { publishGrowth, type LedgerDeps } from '../../activities/ledger.js';
import { readBytes, type ObjectStore } from '../../src/adapters/object-store.js';
import { auditLedger } from '../../src/ledger/audit.js';
import { readCheckpointBody, readNote } from '../../src/ledger/note.js';
import { sequence } from '../../src/ledger/sequence-store.js';
import { readLogSigners } from '../../src/ledger/signers.js';
import { findHead, findPublication, pauseLog, queueLeaf, resumeLog } from '../../src/ledger/store.js';
import { readFileSync } from 'node:fs';
import { fromRunner } from '../rig/environment.js';
import { openRig, type Rig } from '../rig/rig.js';

let rig: Rig;
let deps: LedgerDeps;
beforeAll(async () => {
  rig = await openRig({ sequencer: false });
  const { logKey, cosigners } = readLogSigners(rig.logId, { key: readFileSync(fromRunner('LEDGER_KEY_FILE'), 'utf8') });
  const queued = rig.parts.growth;
  deps = { database: rig.database, objects: rig.ledgerObjects, logId: rig.logId, logKey, cosigners, queued };
});
afterAll(() => rig.close());

let made = 0;
const queue = (count: number): Promise<void> =>
  rig.database.tenant('org_none', async ({ trx }) => {
    for (let i = 0; i < count; i += 1) {
      made += 1;
      const entry = Buffer.from(`leaf ${String(made)}`);
      await queueLeaf(trx, rig.logId, { entry, receiptId: `rcp_${String(made)}`, kind: 'run', orgAlias: 'nobody' });
    }
  });
const integrate = () => rig.database.system((system) => sequence(system, rig.logId));
/** Everything that a crash may have left half done, done again; then the whole log must verify. */
async function settle(): Promise<void> {
  await publishGrowth(deps, await integrate());
  const { ok, size, checkpointSize, faults } = await auditLedger(deps, 'full');
  expect({ ok, size, checkpointSize, faults }).toEqual({ ok: true, size: made, checkpointSize: made, faults: [] });
  expect((await findPublication(rig.database.knex, rig.logId)).publishedSize).toBe(made);
}
/** A store in which the n-th write fails, before or after it took place. */
function crashing(at: number, took: boolean): { readonly store: ObjectStore; readonly hit: () => boolean } {
  let writes = 0;
  let hit = false;
  const guard = async <T>(write: () => Promise<T>): Promise<T> => {
    writes += 1;
    if (writes !== at) return write();
    hit = true;
    if (took) await write();
    throw new Error('crash');
  };
  const store: ObjectStore = {
    ...rig.ledgerObjects,
    putOnce: (key, bytes, type) => guard(() => rig.ledgerObjects.putOnce(key, bytes, type)),
    replaceIf: (key, bytes, type, etag) => guard(() => rig.ledgerObjects.replaceIf(key, bytes, type, etag)),
  };
  return { store, hit: () => hit };
}

test.each([true, false])(
  'a crash at any write to storage, which took place: %p, is mended by going on',
  async (took) => {
    let at = 1;
    for (let going = true; going; at += 1) {
      await queue(130);
      const head = await integrate();
      const { store, hit } = crashing(at, took);
      const outcome = await Promise.allSettled([publishGrowth({ ...deps, objects: store }, head)]);
      going = hit();
      expect(outcome[0].status).toBe(going ? 'rejected' : 'fulfilled');
      await settle();
    }
    expect(at).toBeGreaterThan(4);
  },
);

test('a crash inside the transaction that places leaves leaves them all waiting', async () => {
  await queue(10);
  const before = await findHead(rig.database.knex, rig.logId);
  const dying = rig.database.system(async (system) => {
    await sequence(system, rig.logId);
    throw new Error('crash');
  });
  await expect(dying).rejects.toThrow('crash');
  expect(await findHead(rig.database.knex, rig.logId)).toEqual(before);
  await settle();
});

test('sequencers and publishers at once make one history', async () => {
  await queue(400);
  const both = async (): Promise<void> => {
    for (let i = 0; i < 3; i += 1) await publishGrowth(deps, await integrate());
  };
  await Promise.all([both(), both(), both()]);
  await settle();
});

test('a publisher that was overtaken leaves the newer checkpoint in place', async () => {
  await queue(5);
  const slow = await integrate();
  await queue(5);
  await publishGrowth(deps, await integrate());
  await publishGrowth(deps, slow);
  const stored = await readBytes(rig.ledgerObjects, 'checkpoint');
  expect(readCheckpointBody(readNote(stored?.bytes.toString('utf8') ?? '').body).size).toBe(made);
  await settle();
});

test('an entry that stands in the log already is not placed again, however often it is queued', async () => {
  const entry = Buffer.from('leaf 1');
  await rig.database.tenant('org_none', ({ trx }) =>
    queueLeaf(trx, rig.logId, { entry, receiptId: 'rcp_again', kind: 'run', orgAlias: 'nobody' }),
  );
  await integrate();
  await queue(1);
  await settle();
  expect(await rig.database.knex<{ seq: number }>('ledger_pending').select('seq')).toEqual([]);
});

test('a paused log takes no leaf and signs nothing until it is resumed', async () => {
  await rig.database.system((system) => pauseLog(system, rig.logId, 'a test'));
  await queue(3);
  const head = await integrate();
  expect([head.size, await publishGrowth(deps, head)]).toEqual([made - 3, false]);
  await rig.database.system((system) => resumeLog(system, rig.logId));
  await settle();
});

test('storage that holds other bytes where a tile belongs stops the log and is named', async () => {
  await queue(1);
  const head = await integrate();
  const tile = `tile/0/${String(Math.floor(head.size / 256)).padStart(3, '0')}.p/${String(head.size % 256)}`;
  await rig.ledgerObjects.putOnce(tile, createHash('sha256').digest(), 'application/octet-stream');
  await expect(publishGrowth(deps, head)).rejects.toThrow('differs');
  expect((await findHead(rig.database.knex, rig.logId))?.pausedReason).toContain(tile);
});
