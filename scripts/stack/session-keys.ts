import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/** The steps of a rotation, each at least the lifetime of an access token (an hour) after the one before. */
export const rotationSteps = ['stage', 'promote', 'retire'] as const;
export type RotationStep = (typeof rotationSteps)[number];

const PEM_BLOCK = /-----BEGIN PRIVATE KEY-----[\s\S]+?-----END PRIVATE KEY-----\n?/g;

/**
 * Takes one step of rotating the keys that sign access tokens, in their file: `stage` adds the next key, which is
 * published and verifies; `promote` lets it sign; `retire` drops the one before. Restart the API after each. A step out
 * of order changes nothing and says why. The file is replaced whole, so a crash leaves the old one or the new one.
 */
export function rotateSessionKeys(file: string, step: RotationStep): string {
  const keys = readFileSync(file, 'utf8').match(PEM_BLOCK) ?? [];
  const [first, second] = keys;
  if (first === undefined) throw new Error(`${file} holds no private key in PEM.`);
  switch (step) {
    case 'stage':
      if (second !== undefined) throw new Error('A second key is there already: promote it, or retire it.');
      return write(file, [first, newKey()], 'The next key is published; promote it in an hour.');
    case 'promote':
      if (second === undefined) throw new Error('There is no second key: stage one first.');
      return write(file, [second, first], 'The new key signs; retire the old one in an hour.');
    case 'retire':
      if (second === undefined) throw new Error('There is only one key left.');
      return write(file, [first], 'The old key is gone; its tokens have expired.');
  }
}

const newKey = (): string =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

function write(file: string, keys: readonly string[], told: string): string {
  const next = `${file}.next`;
  writeFileSync(next, keys.map((key) => `${key.trim()}\n`).join(''), { mode: 0o600 });
  renameSync(next, file);
  return told;
}
