import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { isSandboxLog, sandboxLogId, sandboxLogKey, sandboxReceiptKey } from '../../src/ledger/sandbox-log.js';
import { createReceiptSigner } from '../../src/receipts/sign.js';

const pem = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

test('the log of sandboxes is named after the public one, and is none of its shards', () => {
  expect(isSandboxLog(sandboxLogId('ledger.example.org/2026'))).toBe(true);
  expect(isSandboxLog('ledger.example.org/2026')).toBe(false);
});

test('the key of the sandboxes is always the same one, works, and is not the one it comes from', () => {
  const { privateKey } = generateKeyPairSync('ed25519');
  const [first, second] = [sandboxLogKey(privateKey), sandboxLogKey(privateKey)];
  expect(first.equals(second)).toBe(true);
  expect(first.equals(privateKey)).toBe(false);
  const signature = sign(null, Buffer.from('x'), first);
  expect(verify(null, Buffer.from('x'), createPublicKey(first), signature)).toBe(true);
  expect(verify(null, Buffer.from('x'), createPublicKey(privateKey), signature)).toBe(false);
});

test('every receipt key gives a sandbox key on the curve, with a public half that checks what it signs', () => {
  for (let i = 0; i < 50; i += 1) {
    const key = createPrivateKey(pem());
    const derived = sandboxReceiptKey(key);
    expect(derived.equals(sandboxReceiptKey(key))).toBe(true);
    const signature = sign('sha256', Buffer.from('x'), derived);
    expect(verify('sha256', Buffer.from('x'), createPublicKey(derived), signature)).toBe(true);
    expect(verify('sha256', Buffer.from('x'), createPublicKey(key), signature)).toBe(false);
  }
});

test('a signer signs for sandboxes under another key id', () => {
  const signer = createReceiptSigner(pem());
  expect(signer.sandbox.keyId).not.toBe(signer.keyId);
  expect(signer.sandbox.publicKeyPem).not.toBe(signer.publicKeyPem);
});
