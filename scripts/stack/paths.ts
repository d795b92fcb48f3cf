import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder; this file runs from dist/scripts/stack. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));
export const workflowBundle = join(root, 'dist', 'workflow-bundle.js');
/** Tools that were fetched or built once, outside the project so that a fresh clone finds them. */
export const cacheDir = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'defendablecloud');
