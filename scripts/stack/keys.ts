import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mlDsaPem } from '../../src/ledger/cosignature.js';

/** Makes the keys of a deployment in a folder, once; keys that are there stay. Files are readable by their owner only. */
export function makeKeys(folder: string): NodeJS.ProcessEnv {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const keep = (name: string, make: () => string): string => {
    const path = join(folder, name);
    if (!existsSync(path)) writeFileSync(path, make(), { mode: 0o600 });
    return path;
  };
  const ed25519 = (): string =>
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const p256 = (): string =>
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return {
    SESSION_KEY_FILE: keep('session.pem', ed25519),
    LEDGER_KEY_FILE: keep('ledger.pem', ed25519),
    LEDGER_MLDSA_KEY_FILE: keep('ledger-mldsa.pem', () => mlDsaPem(randomBytes(32))),
    RECEIPT_KEY_FILE: keep('receipt.pem', p256),
    KEY_PEPPERS: `1:${readFileSync(
      keep('key-pepper', () => randomBytes(32).toString('base64')),
      'utf8',
    )}`,
    PEPPER: readFileSync(
      keep('pepper', () => randomBytes(32).toString('base64')),
      'utf8',
    ),
  };
}
