import { readFileSync } from 'node:fs';
import { lintSheet } from '../src/flight-sheets/lint.js';
import { parseStrictYaml } from '../src/flight-sheets/read.js';

/** Every JSON text is YAML, so one reader serves both. */
const [file] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write('Usage: npm run lint-sheet -- FILE, where FILE is a flight sheet in JSON or YAML\n');
  process.exitCode = 2;
} else {
  const { sheet, faults } = lintSheet(parseStrictYaml(readFileSync(file)));
  for (const { path, code, message } of faults) process.stdout.write(`${path || '/'} ${code}: ${message}\n`);
  process.stdout.write(sheet ? `${sheet.slug} ${sheet.version} has no fault.\n` : `${String(faults.length)} faults.\n`);
  process.exitCode = sheet ? 0 : 1;
}
