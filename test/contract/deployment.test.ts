import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { searchAttributes } from '../../src/kernel/search-attributes.js';

const read = (path: string): string => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');
const service = z.looseObject({
  image: z.string().optional(),
  build: z.unknown().optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).optional(),
  depends_on: z.record(z.string(), z.unknown()).optional(),
});
const compose = z
  .object({ services: z.record(z.string(), service), volumes: z.record(z.string(), z.unknown()) })
  .loose()
  .parse(parse(read('docker-compose.yml'), { merge: true }));

test('the compose file has every part, and each depends on parts that are there', () => {
  const names = Object.keys(compose.services);
  expect(names).toEqual(
    expect.arrayContaining([
      'api',
      'core',
      'pdf',
      'postgres',
      'storage',
      'mailpit',
      'temporal',
      'temporal-schema',
      'temporal-ui',
    ]),
  );
  for (const { depends_on = {}, image, build } of Object.values(compose.services)) {
    expect(names).toEqual(expect.arrayContaining(Object.keys(depends_on)));
    expect(image ?? build).toBeDefined();
  }
});

test('the programs that the containers run exist, and every search attribute is registered', () => {
  const programs = Object.values(compose.services).flatMap(({ command = [] }) =>
    command.filter((word) => word.startsWith('dist/')),
  );
  expect(programs.length).toBeGreaterThan(2);
  for (const program of programs)
    expect(
      existsSync(
        fileURLToPath(new URL(`../../${program.replace('dist/', '').replace(/\.js$/, '.ts')}`, import.meta.url)),
      ),
    ).toBe(true);
  for (const { name } of Object.values(searchAttributes)) expect(read('docker-compose.yml')).toContain(name);
});

test('every variable of the configuration is in .env.example, and none that is unknown', () => {
  const known = new Set([...read('src/config.ts').matchAll(/[ {]([A-Z][A-Z0-9_]{3,}): /g)].map(([, name]) => name));
  const shown = new Set([...read('.env.example').matchAll(/^#? ?([A-Z][A-Z0-9_]+)=/gm)].map(([, name]) => name));
  known.delete('FAULT_POINT');
  expect(known.size).toBeGreaterThan(20);
  expect([...shown].sort()).toEqual([...known].sort());
});

test('the image copies only what is there', () => {
  const copied = [...read('Dockerfile').matchAll(/^COPY (?!--from)(.+)$/gm)].flatMap(([, words]) =>
    (words ?? '').split(' ').slice(0, -1),
  );
  expect(copied.length).toBeGreaterThan(5);
  for (const path of copied) expect(existsSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)))).toBe(true);
});
