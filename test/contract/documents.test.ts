import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { z } from 'zod';

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const read = (name: string): string => readFileSync(path(name), 'utf8');

test('every file that the walks and the README name is there', () => {
  const named = [
    ...`${read('docs/walks.md')}${read('README.md')}${read('TESTING.md')}`.matchAll(
      /`((?:src|workflows|activities|workers|docs|test|scripts)\/[\w./-]+\.(?:ts|tsx|md|json))`/g,
    ),
  ].map(([, name]) => name ?? '');
  expect(named.length).toBeGreaterThan(30);
  for (const name of named) expect({ name, there: existsSync(path(name)) }).toEqual({ name, there: true });
});

test('every npm command that the documents name is a script', () => {
  const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(read('package.json')));
  const texts = ['README.md', 'TESTING.md', 'CONTRIBUTING.md', '.env.example', 'docs/benchmarks.md']
    .map(read)
    .join('\n');
  const named = [...texts.matchAll(/npm (?:run )?([a-z-]+)(?= --|`|\s|$)/g)]
    .map(([, name]) => name ?? '')
    .filter((name) => !['install', 'ci', 'package'].includes(name));
  expect(named.length).toBeGreaterThan(8);
  for (const name of named) expect(Object.keys(scripts)).toContain(name);
});
