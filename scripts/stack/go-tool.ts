import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MissingPart } from './missing-part.js';
import { cacheDir } from './paths.js';

/** A program from a Go module at a version: from the cache, or built once. */
export function goTool(what: string, module: string, version: string): string {
  const name = module.split('/').at(-1) ?? module;
  const bin = join(cacheDir, name, version);
  const cached = join(bin, name);
  if (existsSync(cached)) return cached;
  process.stderr.write(`Building ${name} ${version} with Go, once …\n`);
  const built = spawnSync('go', ['install', `${module}@${version}`], {
    env: { ...process.env, GOBIN: bin, GOFLAGS: '-trimpath' },
    encoding: 'utf8',
  });
  if (existsSync(cached)) return cached;
  throw new MissingPart(
    what,
    [`go install ${module}@${version}: ${(built.stderr || String(built.error)).trim().slice(-300)}`],
    ['install Go 1.24 or newer'],
  );
}
