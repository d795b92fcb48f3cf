import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { canonicalJson } from '../../src/kernel/canonical-json.js';
import { trainingDataPolicy } from '../../src/policies/training-data.js';

/** Digests of what was in force: a version that was accepted somewhere must stay the bytes that were accepted. */
const released: Readonly<Record<string, string>> = {
  '1.0.0': '7b76c4ca49c4aaf1c662a5e57a793b08aef336011ce1c9ffc6ff391e75388d2f',
};

test('a released version of the policy never changes, and its digest is of everything else', () => {
  for (const [version, digest] of Object.entries(released)) {
    const policy = trainingDataPolicy(version);
    if (!policy) throw new Error(`version ${version} is gone`);
    const { sha256, ...rest } = policy;
    expect([version, sha256]).toEqual([version, digest]);
    expect(createHash('sha256').update(canonicalJson(rest)).digest('hex')).toBe(sha256);
  }
  expect(trainingDataPolicy(undefined)?.version).toBe(Object.keys(released).at(-1));
  expect(trainingDataPolicy('9.9.9')).toBeUndefined();
});
