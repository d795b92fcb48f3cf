import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { ESLint } from 'eslint';

const folder = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const bundle = (): string => readFileSync(folder('dist/workflow-bundle.js'), 'utf8');

test('the bundle holds every workflow that the index names, and no I/O', () => {
  const names = [...readFileSync(folder('workflows/index.ts'), 'utf8').matchAll(/export \{ (\w+) \}/g)].map(
    ([, name]) => name,
  );
  expect(names.length).toBeGreaterThan(3);
  for (const name of names) expect(bundle()).toContain(`function ${name ?? ''}(`);
  expect(bundle()).not.toMatch(/objection|knex|client-s3|puppeteer|createHash/);
});

test('every workflow file is reached from the index', () => {
  const files = readdirSync(folder('workflows'), { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.ts') && name.includes('/'));
  expect(files.length).toBeGreaterThan(3);
  for (const file of files) expect(bundle()).toContain(`workflows/${file.replace(/\.ts$/, '.js')}`);
});

test('a planted clock or Node built-in in a workflow is refused by the linter', async () => {
  const eslint = new ESLint({ cwd: folder('') });
  const planted = `import { createHash } from 'node:crypto';\nexport const now = (): number => Date.now() + createHash('sha256').digest().length;\n`;
  const [result] = await eslint.lintText(planted, { filePath: folder('workflows/index.ts') });
  const rules = result?.messages.map(({ ruleId }) => ruleId);
  expect(rules).toEqual(expect.arrayContaining(['no-restricted-imports', 'no-restricted-properties']));
}, 120_000);
