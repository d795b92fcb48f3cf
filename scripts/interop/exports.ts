import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeExports } from '../packages/exports.js';
import { cacheDir, root } from '../stack/paths.js';

const tools = join(cacheDir, 'interop-exports-v1');
const home = join(root, 'scripts', 'interop');

/** Each format with a change that its own validator must refuse. */
const formats: Readonly<Record<string, (text: string) => string>> = {
  croissant: (text) => text.replace('"name":', '"nome":'),
  cyclonedx: (text) => text.replace('"type":"', '"type":"un'),
  spdx: (text) => text.replace('"relationshipType":"has', '"relationshipType":"had'),
  huggingface: (text) => text.replace('license: ', 'licence: '),
};

function run(command: string, args: readonly string[]): { readonly ok: boolean; readonly said: string } {
  const { status, error, stdout, stderr } = spawnSync(command, [...args], { encoding: 'utf8' });
  return { ok: status === 0, said: error ? error.message : `${stdout}${stderr}`.trim().slice(-800) };
}

function install(): void {
  if (existsSync(join(tools, '.installed'))) return;
  const steps = [
    ['python3', '-m', 'venv', tools],
    [join(tools, 'bin', 'pip'), 'install', '-q', '-r', join(home, 'exports-requirements.txt')],
  ] as const;
  for (const [command, ...args] of steps) {
    const { ok, said } = run(command, args);
    if (!ok) throw new Error(`${command} failed: ${said}\nCure: install python3 with venv, and make PyPI reachable`);
  }
  writeFileSync(join(tools, '.installed'), '');
}

/** Every export of every card and package, held against the validator of its format, and a broken one of each. */
export async function checkExports(folder: string): Promise<void> {
  install();
  await writeExports(folder);
  for (const [format, spoil] of Object.entries(formats)) {
    const check = (): ReturnType<typeof run> =>
      run(join(tools, 'bin', 'python'), [join(home, 'exports.py'), format, folder]);
    const sound = check();
    if (!sound.ok) throw new Error(`the validator of ${format} refuses ours: ${sound.said}`);
    const files = readdirSync(folder).filter((name) => name.endsWith(`.${format}`));
    const path = join(folder, files[0] ?? '');
    const before = readFileSync(path, 'utf8');
    const spoilt = spoil(before);
    if (spoilt === before) throw new Error(`spoiling a ${format} export changes nothing`);
    writeFileSync(path, spoilt);
    if (check().ok) throw new Error(`the validator of ${format} accepts a broken export`);
    writeFileSync(path, before);
    process.stdout.write(`ok  ${format}: accepts ${String(files.length)} exports, refuses a broken one\n`);
  }
}
