import { expect, test } from '@jest/globals';
import { policySha256, trainingPolicySchema } from '../../src/training-policies/document.js';
import { firstPolicy } from '../../src/training-policies/library.js';
import { fitsPolicy } from '../../src/training-policies/rules.js';

test('the version that the product comes with never changes: it may have been accepted somewhere', () => {
  expect(trainingPolicySchema.parse(firstPolicy)).toEqual(firstPolicy);
  expect(firstPolicy.version).toBe('1.0.0');
  expect(policySha256(firstPolicy)).toBe('7b76c4ca49c4aaf1c662a5e57a793b08aef336011ce1c9ffc6ff391e75388d2f');
});

test('a licence that is denied, or not named, is not trained on', () => {
  expect(fitsPolicy(firstPolicy, 'Apache-2.0')).toBe(true);
  expect(fitsPolicy(firstPolicy, 'CC-BY-NC-4.0')).toBe(false);
  expect(fitsPolicy(firstPolicy, 'LicenseRef-Own')).toBe(false);
  expect(fitsPolicy({ licences: { allow: ['MIT'], deny: ['MIT'] } }, 'MIT')).toBe(false);
});
