import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder, whether this runs compiled or from its source. */
export const root = findRoot(dirname(fileURLToPath(import.meta.url)));
export const workflowBundle = join(root, 'dist', 'workflow-bundle.js');
/** The offline verifier in one file. */
export const verifierBundle = join(root, 'dist', 'defendable.mjs');
/** Tools that were fetched or built once, outside the project so that a fresh clone finds them. */
export const cacheDir = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'defendablecloud');

function findRoot(folder: string): string {
  if (existsSync(join(folder, 'package-lock.json'))) return folder;
  if (dirname(folder) === folder) throw new Error('findRoot: this is not inside the project');
  return findRoot(dirname(folder));
}
