import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { createCommitments, disclosureDigest, openDisclosure, reveal } from '../../src/receipts/disclosures.js';
import { safeFilename } from '../../src/evidence/upload.js';
import { formatId, idPattern } from '../../src/kernel/ids.js';
import { newId } from '../../src/db/new-id.js';
import { discloses } from '../../src/shares/rules.js';
import { evidenceRoot } from '../../src/evidence/manifest.js';
import { createTokens } from '../../src/auth/tokens.js';
import { ConfigFault, readApiConfig } from '../../src/config.js';

test('the digest of a disclosure is that of RFC 9901 §4.2.3', () => {
  expect(disclosureDigest('WyI2cU1RdlJMNWhhaiIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0')).toBe(
    'uutlBuYeMDyjLLTpf6Jxi7yNkEF35jdyWMn9U7b_RYY',
  );
});

test('a disclosure opens to what was committed, and reveals exactly its own field', () => {
  const commitments = createCommitments();
  const signed = { visible: 1, ...commitments.commit('/a', { secret: 'x', other: 'y', absent: undefined }) };
  expect(JSON.stringify(signed)).not.toMatch(/"x"|"y"|secret/);
  const [first, second] = commitments.all;
  expect(commitments.all.map(({ pointer }) => pointer)).toEqual(['/a/secret', '/a/other']);
  expect(openDisclosure(first?.disclosure ?? '')).toEqual({ name: 'secret', value: 'x' });
  expect(reveal(signed, [second?.disclosure ?? ''])).toEqual({ visible: 1, other: 'y' });
  expect(reveal(signed, [])).toEqual({ visible: 1 });
});

test('a standard share withholds people, words and restricted evidence; a minimal one everything', () => {
  const restricted = new Set([2]);
  const shown = (pointer: string): boolean => discloses('standard', pointer, restricted);
  expect(['/run/title', '/evidence/items/0/sha256', '/agent/name'].every(shown)).toBe(true);
  expect(
    [
      '/approvals/0/approver',
      '/approvals/0/note',
      '/flightSheet/rules/0/detail',
      '/evidence/items/2/sha256',
      '/run/id',
    ].some(shown),
  ).toBe(false);
  expect(discloses('minimal', '/run/title', restricted)).toBe(false);
  expect(discloses('full', '/approvals/0/approver', restricted)).toBe(true);
});

test.each([
  ['../../etc/passwd', 'passwd'],
  ['C:\\temp\\report.pdf', 'report.pdf'],
  ['a\u0000b\u001b[31m.txt', 'ab[31m.txt'],
  ['evil\u202Egpj.exe', 'evilgpj.exe'],
  ['..', 'unnamed'],
  ['', 'unnamed'],
])('the file name %j is shown as %j', (given, shown) => {
  expect(safeFilename(given)).toBe(shown);
});

test('ids are sortable by time and match the pattern of their kind alone', () => {
  const ids = Array.from({ length: 50 }, () => newId('run'));
  expect([...ids].sort()).toEqual(ids);
  expect(ids.every((id) => idPattern('run').test(id))).toBe(true);
  expect(idPattern('receipt').test(ids[0] ?? '')).toBe(false);
  expect(formatId('run', new Uint8Array(16).fill(255))).toBe(`run_7${'z'.repeat(25)}`);
});

test('an evidence root changes with any item, its order and its size', () => {
  const a = { id: '1', kind: 'note', sha256: 'x', size: 1 };
  const b = { id: '2', kind: 'note', sha256: 'y', size: 2 };
  const roots = [[a, b], [b, a], [a], [{ ...a, size: 2 }, b], []].map(evidenceRoot);
  expect(new Set(roots).size).toBe(roots.length);
});

test('tokens differ by purpose, object and pepper, and hashes are not tokens', () => {
  const one = createTokens(Buffer.alloc(32, 1).toString('base64'));
  const two = createTokens(Buffer.alloc(32, 2).toString('base64'));
  const all = [
    one.issue('share', 'a'),
    one.issue('share', 'b'),
    one.issue('invite', 'a'),
    two.issue('share', 'a'),
    one.hash(one.issue('share', 'a')),
  ];
  expect(new Set(all).size).toBe(all.length);
});

test('a configuration names every fault at once and never a value, and the mailbox refuses production', () => {
  const run = (env: NodeJS.ProcessEnv): string => {
    try {
      readApiConfig(env);
      return '';
    } catch (error) {
      if (!(error instanceof ConfigFault)) throw error;
      return error.message;
    }
  };
  const message = run({ PEPPER: 'tooshort-secret' });
  for (const name of [
    'DATABASE_URL',
    'TEMPORAL_ADDRESS',
    'S3_ENDPOINT',
    'PEPPER',
    'SESSION_KEY_FILE',
    'PUBLIC_URL',
    'MAIL',
  ])
    expect(message).toContain(name);
  expect(message).not.toContain('tooshort-secret');
  const whole = {
    PUBLIC_URL: 'https://a.example',
    DATABASE_URL: 'postgres://a/b',
    TEMPORAL_ADDRESS: 'a:1',
    S3_ENDPOINT: 'http://s',
    S3_ACCESS_KEY_ID: 'k',
    S3_SECRET_ACCESS_KEY: 's',
    PEPPER: Buffer.alloc(32).toString('base64'),
    LEDGER_ORIGIN: 'l.example/2026',
    SESSION_KEY_FILE: 'package.json',
    KEY_PEPPERS: `1:${randomBytes(32).toString('base64')}`,
    MAIL: 'mailbox',
  };
  expect(run(whole)).toContain('MAIL=mailbox');
  expect(run({ ...whole, NODE_ENV: 'development' })).toBe('');
});
