import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { expectAnswer } from '../../scripts/demo/client.js';
import { cosignatureTime, parseCosigner } from '../../src/ledger/cosignature.js';
import { readCheckpointBody, readNote, verifierKey } from '../../src/ledger/note.js';
import { verifyInclusion } from '../../src/ledger/proof.js';
import { findGraded, listWitnessStates } from '../../src/ledger/witness-store.js';
import { administer } from '../rig/database.js';
import { queueLeaves } from '../rig/leaves.js';
import { openRig, type Rig } from '../rig/rig.js';
import { startWitness, type RealWitness } from '../rig/witness.js';

let rig: Rig;
let good: RealWitness;
let unaware: RealWitness;
let mistrusting: RealWitness;
let size = 0;
beforeAll(async () => {
  good = await startWitness('witness.example/good');
  unaware = await startWitness('witness.example/unaware');
  mistrusting = await startWitness('witness.example/mistrusting');
  rig = await openRig({
    policy: (logId, logVkey) => {
      good.know(logId, logVkey);
      const stranger = generateKeyPairSync('ed25519').publicKey;
      mistrusting.know(logId, verifierKey({ name: logId, publicKey: stranger }));
      const line = (name: string, { vkey, url }: RealWitness): string => `witness ${name} ${vkey} ${url}\n`;
      const witnesses = line('good', good) + line('unaware', unaware) + line('mistrusting', mistrusting);
      return `${witnesses}group any-of-them any good unaware mistrusting\nquorum any-of-them\n`;
    },
  });
});
afterAll(async () => {
  await rig.close();
  await Promise.all([good, unaware, mistrusting].map((witness) => witness.close()));
});

const grow = async (by: number): Promise<void> => {
  await queueLeaves(rig, size, size + by);
  size += by;
};
const witnessed = (): Promise<void> =>
  rig.parts.growth.until(
    async () => ((await findGraded(rig.database.knex, rig.logId, 'witnessed'))?.size ?? 0) >= size,
    AbortSignal.timeout(20_000),
  );
const faults = async (): Promise<Record<string, string | null>> =>
  Object.fromEntries(
    (await listWitnessStates(rig.database.knex, rig.logId)).map(({ witness, fault }) => [witness, fault]),
  );

test('a real witness cosigns what the log publishes, and the checkpoint it makes verifies with its key', async () => {
  await grow(3);
  await witnessed();
  const note = await (await fetch(`${rig.base}/ledger/checkpoint?grade=witnessed`)).text();
  const { body, signatures } = readNote(note);
  expect(readCheckpointBody(body)).toMatchObject({ origin: rig.logId, size });
  const cosigner = parseCosigner(good.vkey);
  const times = signatures.map((line) => cosignatureTime(line, cosigner, body)).filter((time) => time !== undefined);
  expect(times).toHaveLength(1);
});

test('a proof made under a logged checkpoint can be had again under a witnessed one', async () => {
  await grow(2);
  await witnessed();
  const inclusion = z.object({
    tree_size: z.number(),
    leaf_hash: z.string(),
    root: z.string(),
    hashes: z.array(z.string()),
    grade: z.string(),
  });
  const path = '/ledger/proof/inclusion?index=1&grade=witnessed';
  const proof = expectAnswer(await rig.call('GET', path), [200], inclusion);
  expect(proof).toMatchObject({ grade: 'witnessed', tree_size: size });
  const bytes = (text: string): Buffer => Buffer.from(text, 'base64');
  expect(verifyInclusion(proof.hashes.map(bytes), 1, size, bytes(proof.leaf_hash), bytes(proof.root))).toBe(true);
});

test('a witness that does not know the log, or does not trust its key, is named and stops nothing', async () => {
  expect(await faults()).toEqual({
    good: null,
    unaware: 'it does not know the log',
    mistrusting: 'it does not trust the signature of the log',
  });
});

test('a log that forgot what the witness has seen asks for it and goes on', async () => {
  await administer(rig.ownerUrl, `update ledger_witness set size = 1 where witness = 'good'`);
  await grow(4);
  await witnessed();
  expect((await faults())['good']).toBeNull();
});

test('a witness that is away delays the witnessed grade, not the log; when it is back it catches up', async () => {
  await good.stop();
  await grow(5);
  const logged = await findGraded(rig.database.knex, rig.logId, 'logged');
  expect(logged).toMatchObject({ size, grade: 'logged' });
  await rig.parts.growth.until(async () => (await faults())['good'] !== null, AbortSignal.timeout(20_000));
  await good.start();
  await witnessed();
  expect((await faults())['good']).toBeNull();
});

test('the verification says which quorum was asked for and who is in it', async () => {
  const report = z.object({
    ok: z.boolean(),
    witnesses: z.object({ quorum: z.string(), have: z.array(z.string()), size: z.number() }),
  });
  const answer = expectAnswer(await rig.call('GET', '/ledger/verify'), [200], report);
  expect(answer).toEqual({ ok: true, witnesses: { quorum: 'any-of-them', have: ['good'], size } });
});

test('a forged cosignature is found', async () => {
  await administer(rig.ownerUrl, `update ledger_cosig set line = replace(line, 'good', 'bad')`);
  const report = z.object({ ok: z.boolean(), errors: z.array(z.object({ code: z.string() })) });
  const forged = expectAnswer(await rig.call('GET', '/ledger/verify'), [200], report);
  expect(forged).toMatchObject({ ok: false, errors: [{ code: 'cosignature' }] });
});
