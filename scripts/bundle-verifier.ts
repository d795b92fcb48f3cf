import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root, verifierBundle } from './stack/paths.js';

/** Bundles the verifier, and the planner beside it, into one file that needs nothing but Node: whoever gets a receipt can be handed this too. */
await build({
  entryPoints: [join(root, 'dist', 'src', 'defendable.js')],
  outfile: verifierBundle,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  banner: { js: '#!/usr/bin/env node' },
  legalComments: 'none',
});
await chmod(verifierBundle, 0o755);
