import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MissingPart } from './missing-part.js';
import { cacheDir } from './paths.js';

const VERSION = 'v0.203.0';
const MODULE = 'github.com/stripe/stripe-mock';

/** Stripe's own mock, which checks requests against Stripe's OpenAPI document: on PATH, in the cache, or built by Go. */
export function findStripeMock(): string {
  const onPath = spawnSync('stripe-mock', ['-version']);
  if (onPath.status === 0) return 'stripe-mock';
  const bin = join(cacheDir, 'stripe-mock', VERSION);
  const cached = join(bin, 'stripe-mock');
  if (existsSync(cached)) return cached;
  const built = spawnSync('go', ['install', `${MODULE}@${VERSION}`], {
    env: { ...process.env, GOBIN: bin, GOFLAGS: '-trimpath' },
    encoding: 'utf8',
  });
  if (existsSync(cached)) return cached;
  throw new MissingPart(
    'stripe-mock',
    [
      'stripe-mock: not on PATH',
      `go install ${MODULE}@${VERSION}: ${(built.stderr || String(built.error)).trim().slice(-300)}`,
    ],
    ['install Go 1.24 or newer', `put stripe-mock ${VERSION} on PATH`],
  );
}
