import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeKeys } from '../../scripts/stack/keys.js';
import { rotateSessionKeys } from '../../scripts/stack/session-keys.js';
import { createSessions, type Sessions } from '../../src/auth/session.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dc-keys-'));
  makeKeys(folder);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const file = (): string => join(folder, 'session.pem');
const sessions = (): Promise<Sessions> => createSessions(readFileSync(file(), 'utf8'), 'https://a.example');
const claims = { userId: 'usr_1', orgId: 'org_1', sessionId: 'ses_1', authTime: new Date(1_700_000_000_000) };

test('through a whole rotation every token that has not expired is accepted, by servers before and after each step', async () => {
  const before = await sessions();
  const oldToken = await before.sign(claims);
  rotateSessionKeys(file(), 'stage');
  const staged = await sessions();
  expect(staged.jwks.keys.map(({ kid }) => kid)).toContain(before.jwks.keys[0]?.kid);
  expect(await staged.verify(await staged.sign(claims))).toEqual(claims);
  expect(await before.verify(await staged.sign(claims))).toEqual(claims);
  rotateSessionKeys(file(), 'promote');
  const promoted = await sessions();
  const newToken = await promoted.sign(claims);
  expect(await promoted.verify(oldToken)).toEqual(claims);
  expect(await staged.verify(newToken)).toEqual(claims);
  rotateSessionKeys(file(), 'retire');
  const retired = await sessions();
  expect(retired.jwks.keys).toHaveLength(1);
  expect(await retired.verify(newToken)).toEqual(claims);
  await expect(retired.verify(oldToken)).rejects.toMatchObject({ code: 'invalid_token' });
});

test('a step out of order changes nothing', () => {
  const before = readFileSync(file(), 'utf8');
  expect(() => rotateSessionKeys(file(), 'promote')).toThrow('stage one first');
  expect(() => rotateSessionKeys(file(), 'retire')).toThrow('only one key');
  expect(readFileSync(file(), 'utf8')).toBe(before);
});
