import { createSecretHashes } from '../../src/auth/secret.js';
import { readApiConfig } from '../../src/config.js';
import { operatorPool } from '../../src/db/migration-pool.js';
import { createInternalKey } from '../../src/internal-keys/store.js';

/** A runner key of a stack, made as its operator makes one. */
export async function makeRunnerKey(env: NodeJS.ProcessEnv): Promise<string> {
  const config = readApiConfig(env);
  const owner = operatorPool(config.DATABASE_URL);
  try {
    const key = { name: 'runner', scopes: ['runner:claim'] as const, expiresAt: null };
    return (await createInternalKey(owner, createSecretHashes(config.KEY_PEPPERS), key)).secret;
  } finally {
    await owner.destroy();
  }
}
