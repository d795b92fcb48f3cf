import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterAll, expect, test } from '@jest/globals';
import { cosignerVkey } from '../../src/ledger/cosignature.js';
import { run } from '../../src/verifier/cli.js';
import { sealReceipt, smallLog } from '../rig/sealed-receipt.js';

const folder = mkdtempSync(join(tmpdir(), 'dc-verifier-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
const keep = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
};
const sealed = sealReceipt();
const disclosures = sealed.disclosures.map(({ disclosure }) => disclosure);
const bundle = keep('bundle.json', JSON.stringify(sealed.bundle));
const share = keep('share.json', JSON.stringify({ bundle: sealed.bundle, disclosures }));
const trust = keep('trusted_root.json', sealed.trustedRoot);
const key = keep('receipt.pem', sealed.receiptKey);

async function defendable(...args: readonly string[]): Promise<{ code: number; out: string; error: string }> {
  const said = { out: '', error: '' };
  const code = await run(args, {
    out: (text) => {
      said.out += text;
    },
    error: (text) => {
      said.error += text;
    },
  });
  return { code, ...said };
}
/** The bundle with one text of its JSON replaced. */
const altered = (change: (text: string) => string): string => {
  const text = change(JSON.stringify(sealed.bundle));
  expect(text).not.toBe(JSON.stringify(sealed.bundle));
  return keep('altered.json', text);
};

test('a receipt verifies offline, and the ladder says what was proven and what never is', async () => {
  const { code, out } = await defendable('verify', share, '--trust', trust);
  expect(code).toBe(0);
  for (const line of ['signature', 'ledger entry', 'inclusion', 'checkpoint', 'disclosures', 'Where the private key'])
    expect(out).toContain(line);
  expect(out).toContain('Verified.');
});

test('every form of trust that the service publishes is understood', async () => {
  const published = {
    origin: sealed.log.origin,
    data: [
      { purpose: 'log', public_key: sealed.log.publicKey.export({ type: 'spki', format: 'pem' }) },
      { purpose: 'receipt', public_key: sealed.receiptKey },
    ],
  };
  const forms = [keep('log.vkey', `${sealed.log.vkey}\n`), keep('keys.json', JSON.stringify(published)), trust];
  for (const form of forms) expect((await defendable('verify', bundle, '--trust', form)).code).toBe(0);
  expect((await defendable('verify', bundle, '--trust', trust, '--trust', key)).code).toBe(0);
});

test('without trust, or with that of another log, a sound receipt is answered with 3', async () => {
  expect((await defendable('verify', bundle)).code).toBe(3);
  const other = keep('other.vkey', smallLog([Buffer.from('x')], 'other.test/2026').vkey);
  expect((await defendable('verify', bundle, '--trust', other)).code).toBe(3);
});

test('a log or a signing key that is not the trusted one is answered with 1', async () => {
  const impostor = keep('impostor.pem', sealReceipt().receiptKey);
  expect((await defendable('verify', bundle, '--trust', trust, '--trust', impostor)).code).toBe(1);
  const { bundle: forged } = sealReceipt();
  expect((await defendable('verify', keep('forged.json', JSON.stringify(forged)), '--trust', trust)).code).toBe(3);
});

test.each([
  ['the payload', 1, (t: string) => t.replace(/"payload":"(..)./, '"payload":"$1a')],
  ['the checkpoint size', 1, (t: string) => t.replace('2026\\n7\\n', '2026\\n8\\n')],
  ['the tree size', 1, (t: string) => t.replace('"treeSize":"7"', '"treeSize":"6"')],
  ['the index', 1, (t: string) => t.replaceAll('"logIndex":"3"', '"logIndex":"2"')],
  ['one index alone', 2, (t: string) => t.replace('"logIndex":"3"', '"logIndex":"2"')],
  ['the root', 1, (t: string) => t.replace(/"rootHash":"../, '"rootHash":"zz')],
  ['the media type', 2, (t: string) => t.replace('v0.3', 'v0.9')],
  ['padding', 2, (t: string) => t.replace(/"sig":"/, '"sig":"=')],
])('a bundle with %s changed is answered with %i', async (_, code, change) => {
  expect((await defendable('verify', altered(change), '--trust', trust)).code).toBe(code);
});

test('a disclosure that was not signed is refused, and so is a share that shows something else', async () => {
  const invented = Buffer.from(JSON.stringify(['salt', 'reason', 'better'])).toString('base64url');
  const lying = keep('lying.json', JSON.stringify({ bundle: sealed.bundle, disclosures: [invented] }));
  expect((await defendable('verify', lying, '--trust', trust)).code).toBe(1);
  const showing = keep(
    'showing.json',
    JSON.stringify({ bundle: sealed.bundle, disclosures: [], receipt: { ok: true } }),
  );
  expect((await defendable('verify', showing, '--trust', trust)).code).toBe(1);
  const twice = [disclosures[0], disclosures[0]];
  expect(
    (await defendable('verify', keep('t.json', JSON.stringify({ bundle: sealed.bundle, disclosures: twice })))).code,
  ).toBe(2);
});

test('expectations and evidence are held against what is disclosed', async () => {
  const ask = async (...args: string[]): Promise<number> =>
    (await defendable('verify', share, '--trust', trust, ...args)).code;
  expect(await ask('--expect', 'key.event=created')).toBe(0);
  expect(await ask('--expect', 'key.event=retired')).toBe(1);
  expect(await ask('--expect', 'key.nothing=1')).toBe(3);
  expect(await ask('--expect', 'nonsense')).toBe(2);
  expect(await ask('--evidence', keep('stranger.txt', 'not it'))).toBe(1);
  expect((await defendable('verify', bundle, '--trust', trust, '--evidence', keep('s.txt', 'x'))).code).toBe(3);
});

test('the answer for programs has the rungs and the exit code', async () => {
  const { out } = await defendable('verify', bundle, '--trust', trust, '--json');
  expect(JSON.parse(out)).toMatchObject({ ok: true, exitCode: 0, rungs: expect.any(Array) });
});

test('a receipt is found inside a PDF, packed or not', async () => {
  const json = Buffer.from(JSON.stringify({ bundle: sealed.bundle, disclosures }));
  const pdf = (content: Buffer, filter: string): Buffer =>
    Buffer.concat([
      Buffer.from(`%PDF-1.7\n1 0 obj\n<< /Type /EmbeddedFile ${filter} /Length ${String(content.length)} >>\nstream\n`),
      content,
      Buffer.from('\nendstream\nendobj\n'),
    ]);
  const forms = [pdf(json, ''), pdf(deflateSync(json), '/Filter /FlateDecode')];
  for (const form of forms) expect((await defendable('verify', keep('r.pdf', form), '--trust', trust)).code).toBe(0);
  expect((await defendable('verify', keep('e.pdf', '%PDF-1.7\nnothing'), '--trust', trust)).code).toBe(2);
});

test('what is not there, is not JSON or asks for nothing has its own exit code', async () => {
  expect((await defendable('verify', join(folder, 'nowhere.json'))).code).toBe(4);
  expect((await defendable('verify', keep('no.json', '{'))).code).toBe(2);
  expect((await defendable('verify', keep('deep.json', '['.repeat(9000) + ']'.repeat(9000)))).code).toBe(2);
  expect((await defendable('nonsense')).code).toBe(2);
  expect((await defendable('verify', bundle, '--unheard-of')).code).toBe(2);
});

test('verify-bundle answers the conformance protocol for a managed key', async () => {
  const ask = (artifact: string): Promise<{ code: number }> =>
    defendable('verify-bundle', '--bundle', bundle, '--key', key, '--trusted-root', trust, artifact);
  expect((await ask(`sha256:${'b'.repeat(64)}`)).code).toBe(0);
  expect((await ask(`sha256:${'c'.repeat(64)}`)).code).toBe(1);
  expect((await ask(keep('artifact', 'bytes'))).code).toBe(1);
  const keyless = await defendable('verify-bundle', '--bundle', bundle, '--trusted-root', trust, 'sha256:00');
  expect(keyless.code).toBe(3);
});

test('a log is recomputed, mirrored and watched; a change in it is named', async () => {
  const log = smallLog(Array.from({ length: 300 }, (_, i) => Buffer.from(`leaf ${String(i)}`)));
  const vkey = keep('small.vkey', log.vkey);
  const publish = (size?: number): void => {
    for (const [path, bytes] of log.objects(size)) keep(`log/${path}`, bytes);
  };
  const place = join(folder, 'log');
  const state = join(folder, 'state.json');
  publish(200);
  expect((await defendable('ledger', 'monitor', place, '--state', state, '--trust', vkey)).out).toContain('first time');
  publish();
  expect(await defendable('ledger', 'fsck', place, '--trust', vkey)).toMatchObject({ code: 0 });
  const copy = join(folder, 'copy');
  expect((await defendable('ledger', 'mirror', place, copy, '--trust', vkey)).code).toBe(0);
  expect((await defendable('ledger', 'fsck', copy, '--trust', vkey)).code).toBe(0);
  expect((await defendable('ledger', 'monitor', place, '--state', state, '--trust', vkey)).out).toContain('100 new');
  expect((await defendable('ledger', 'fsck', place)).code).toBe(3);

  const tile = join(copy, 'tile', '0', '000');
  const bytes = readFileSync(tile);
  bytes[5] = (bytes[5] ?? 0) ^ 1;
  writeFileSync(tile, bytes);
  expect((await defendable('ledger', 'fsck', copy, '--trust', vkey)).error).toContain('tile/0/000');
  const rewritten = smallLog(Array.from({ length: 300 }, (_, i) => Buffer.from(`other ${String(i)}`)));
  const theirs = keep('theirs.vkey', rewritten.vkey);
  for (const [path, object] of rewritten.objects()) keep(`log/${path}`, object);
  const fork = await defendable('ledger', 'monitor', place, '--state', state, '--trust', vkey, '--trust', theirs);
  expect(fork).toMatchObject({ code: 1, error: expect.stringContaining('does not continue') });
});

test('a quorum of witnesses is asked for by a policy: without their lines the answer is 3', async () => {
  const { publicKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  const vkey = cosignerVkey({ name: 'witness.test', type: 'ed25519', publicKey: raw });
  const asked = keep('policy', `witness w ${vkey}\nquorum w\n`);
  const missing = await defendable('verify', bundle, '--trust', trust, '--policy', asked);
  expect(missing).toMatchObject({ code: 3, out: expect.stringContaining('the quorum w is not reached') });
  const none = keep('none', 'quorum none\n');
  expect((await defendable('verify', bundle, '--trust', trust, '--policy', none)).code).toBe(0);
  expect((await defendable('verify', bundle, '--trust', trust, '--policy', keep('bad', 'nonsense x\n'))).code).toBe(2);
});
