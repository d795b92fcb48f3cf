import { createHash, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { expectAnswer } from '../../scripts/demo/client.js';
import { endKey, listKeys } from '../../src/ledger/keys.js';
import { freezeLog } from '../../src/ledger/freeze-store.js';
import { readLogSigners } from '../../src/ledger/signers.js';
import { findLatestCheckpoint, findPublication, resumeLog } from '../../src/ledger/store.js';
import { announceKeys } from '../../src/receipts/key-events.js';
import { createReceiptSigner } from '../../src/receipts/sign.js';
import { parseReceipt } from '../../src/verifier/bundle.js';
import { exitCodeOf } from '../../src/verifier/ladder.js';
import { verifyReceipt } from '../../src/verifier/receipt.js';
import { parseTrust } from '../../src/verifier/trust.js';
import { prepareLedger } from '../../workers/compose.js';
import { fromRunner } from '../rig/environment.js';
import { administer } from '../rig/database.js';
import { assemble, type Cast } from '../rig/people.js';
import { openRig, type Rig } from '../rig/rig.js';
import { approvedRun, receiptAnswer, refusalOf } from '../rig/run.js';

let rig: Rig;
let cast: Cast;
const signer = createReceiptSigner(readFileSync(fromRunner('RECEIPT_KEY_FILE'), 'utf8'));
beforeAll(async () => {
  rig = await openRig();
  cast = await assemble(rig);
});
afterAll(() => rig.close());

const events = z.object({
  data: z.array(z.object({ key_id: z.string(), event: z.string(), bundle: z.looseObject({}).nullable() })),
});
const told = async (): Promise<z.output<typeof events>['data']> =>
  expectAnswer(await rig.call('GET', '/ledger/key-events'), [200], events).data;
const announce = (logId = rig.logId): Promise<number> => announceKeys(rig.database, { signer, logId });
const published = (): Promise<void> =>
  rig.parts.growth.until(async () => {
    const bundles = (await told()).map(({ bundle }) => bundle);
    return bundles.length > 0 && !bundles.includes(null);
  }, AbortSignal.timeout(20_000));
const newKey = (): string =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const prepare = (logId: string, key: string): Promise<void> =>
  prepareLedger(rig.database, { logId, keys: readLogSigners(logId, { key }).keys, signer, policy: 'quorum none\n' });

test('every key and the trusted root become leaves, once, however many workers start', async () => {
  const keys = await listKeys(rig.database.knex);
  const added = await Promise.all([announce(), announce(), announce()]);
  expect(added.reduce((sum, one) => sum + one, 0)).toBe(keys.length + 1);
  expect(await announce()).toBe(0);
  await published();
  const root = await (await fetch(`${rig.base}/.well-known/defendablecloud/trusted_root.json`)).text();
  const data = await told();
  expect(new Set(data.map(({ key_id }) => key_id))).toEqual(new Set([rig.logId, ...keys.map(({ keyId }) => keyId)]));
  for (const { event, bundle } of data) {
    const report = verifyReceipt(parseReceipt(bundle), parseTrust(root));
    expect(exitCodeOf(report)).toBe(0);
    if (event === 'trust_root')
      expect(report.receipt).toMatchObject({
        key: { publicSha256: createHash('sha256').update(root).digest('hex'), keyId: rig.logId },
      });
  }
  const list = z.object({ data: z.array(z.unknown()) });
  const leaves = expectAnswer(await rig.call('GET', '/ledger?kind=key_event'), [200], list);
  expect(leaves.data).toHaveLength(data.length);
});

test('a key is retired when it has a successor, is told of once, and never configured again', async () => {
  const old = (await listKeys(rig.database.knex)).find(({ purpose }) => purpose === 'log');
  if (!old) throw new Error('the log has no key');
  const retire = (): Promise<Date> => rig.database.system((system) => endKey(system, old.keyId, 'retired', new Date()));
  await expect(retire()).rejects.toThrow('only key of its kind');
  await expect(rig.database.system((system) => endKey(system, 'unheard-of', 'retired', new Date()))).rejects.toThrow(
    'There is no key',
  );
  await prepare(rig.logId, newKey());
  await announce();
  const at = await retire();
  expect(await retire()).toEqual(at);
  // The event itself, and the trusted root that says so now.
  expect(await announce()).toBe(2);
  expect(await announce()).toBe(0);
  expect((await told()).filter(({ event }) => event === 'retired')).toMatchObject([{ key_id: old.keyId }]);
  await expect(prepare(rig.logId, readFileSync(fromRunner('LEDGER_KEY_FILE'), 'utf8'))).rejects.toThrow('ended at');
});

test('a frozen log takes nothing more, its receipts verify still, and the next log holds its last checkpoint', async () => {
  const runs = [await approvedRun(cast), await approvedRun(cast)];
  const { id } = receiptAnswer.parse((await cast.owner.call('POST', `/runs/${runs[0] ?? ''}/receipt`)).json);
  const next = rig.logId.replace('2026', '2027');
  await prepare(next, newKey());
  await published();
  const freeze = () => rig.database.system((system) => freezeLog(system, rig.logId, new Date()));
  const { frozenAt, checkpoint } = await freeze();
  expect((await freeze()).frozenAt).toEqual(frozenAt);
  expect(refusalOf(await cast.owner.call('POST', `/runs/${runs[1] ?? ''}/receipt`))).toBe('503 ledger_paused');
  await rig.database.system((system) => resumeLog(system, rig.logId));
  expect(refusalOf(await cast.owner.call('POST', `/runs/${runs[1] ?? ''}/receipt`))).toBe('503 ledger_paused');
  for (const change of ['size = size + 1', 'frozen_at = null', 'paused_reason = null'])
    await expect(
      administer(rig.ownerUrl, `update ledger_head set ${change} where log_id = '${rig.logId}'`),
    ).rejects.toThrow('frozen');

  // The log's event, the keys of the next, and the root with both.
  expect(await announce(next)).toBe(3);
  expect(await announce(next)).toBe(0);
  expect((await told()).filter(({ event }) => event === 'log_frozen')).toHaveLength(1);
  const logs = z.object({ data: z.array(z.object({ origin: z.string(), checkpoint: z.string(), size: z.number() })) });
  expect(expectAnswer(await rig.call('GET', '/ledger/logs'), [200], logs).data).toEqual([
    expect.objectContaining({ origin: rig.logId, checkpoint: checkpoint.note, size: checkpoint.size }),
  ]);
  expect((await findLatestCheckpoint(rig.database.knex, rig.logId))?.note).toBe(checkpoint.note);
  expect((await findPublication(rig.database.knex, rig.logId)).publishedSize).toBe(checkpoint.size);
  const root = JSON.stringify((await rig.call('GET', '/.well-known/defendablecloud/trusted_root.json')).json);
  const bundle = (await cast.owner.call('GET', `/receipts/${id}/bundle`)).json;
  expect(exitCodeOf(verifyReceipt(parseReceipt(bundle), parseTrust(root)))).toBe(0);
});
