import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './stack/paths.js';

/** Everything that needs no server, in the order of what fails fastest. Types were checked by the build before this. */
const bin = (path: string): string => join(root, 'node_modules', path);
const steps: readonly (readonly [string, readonly string[]])[] = [
  ['format', [bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.']],
  [
    'boundaries',
    [
      bin('dependency-cruiser/bin/dependency-cruise.mjs'),
      'src',
      'workflows',
      'activities',
      'workers',
      'scripts',
      'test',
      '--config',
      '.dependency-cruiser.cjs',
    ],
  ],
  ['unused code', [bin('knip/bin/knip.js')]],
  ['lint', [bin('eslint/bin/eslint.js'), '--max-warnings', '0', '.']],
  ['OpenAPI', [bin('@redocly/cli/bin/cli.js'), 'lint', 'docs/openapi.json', '--config', 'redocly.yaml']],
  [
    'unit and contract tests',
    ['--experimental-vm-modules', '--no-warnings', bin('jest/bin/jest.js'), 'test/unit', 'test/contract'],
  ],
];

for (const [name, args] of steps) {
  process.stdout.write(`\n── ${name}\n`);
  const { status } = spawnSync(process.execPath, [...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
  });
  if (status !== 0) {
    process.stderr.write(`\n${name}: failed\n`);
    process.exit(1);
  }
}
process.stdout.write('\nEverything checked.\n');
