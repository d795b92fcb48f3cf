import { parseArgs } from 'node:util';
import { internalScopes } from '../src/auth/actor.js';
import { createSecretHashes } from '../src/auth/secret.js';
import { readApiConfig } from '../src/config.js';
import { operatorPool } from '../src/db/migration-pool.js';
import { createInternalKey, listInternalKeys, revokeInternalKey } from '../src/internal-keys/store.js';

const USAGE = `Usage: npm run internal-keys -- create NAME --scope SCOPE [--scope SCOPE …] [--days N]
       npm run internal-keys -- list
       npm run internal-keys -- revoke ID
Keys of the platform itself: staff tools, billing, runners. To rotate one, create the next, move its users, revoke the
old. Scopes: ${internalScopes.join(', ')}
`;

/** Keeps internal keys, with the configuration of the API and the database's owner. No request can do this. */
async function run(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { scope: { type: 'string', multiple: true, default: [] }, days: { type: 'string' } },
  });
  const [verb, subject] = positionals;
  const scopes = internalScopes.filter((scope) => values.scope.includes(scope));
  const unknown = values.scope.filter((scope) => !internalScopes.some((known) => known === scope));
  const days = values.days === undefined ? undefined : Number(values.days);
  const asked =
    verb === 'list' ||
    (verb === 'revoke' && subject !== undefined) ||
    (verb === 'create' && subject !== undefined && scopes.length > 0 && unknown.length === 0);
  if (!asked || (days !== undefined && !(days > 0))) {
    process.stderr.write(USAGE);
    return 2;
  }
  const config = readApiConfig(process.env);
  const owner = operatorPool(config.DATABASE_URL);
  try {
    if (verb === 'create') {
      const expiresAt = days === undefined ? null : new Date(Date.now() + days * 86_400_000);
      const hashes = createSecretHashes(config.KEY_PEPPERS);
      const { id, secret } = await createInternalKey(owner, hashes, { name: subject ?? '', scopes, expiresAt });
      process.stdout.write(`${id}\n${secret}\nThe secret is not shown again.\n`);
    } else if (verb === 'revoke') {
      const found = await revokeInternalKey(owner, subject ?? '');
      process.stdout.write(found ? 'Revoked.\n' : 'There is no such key.\n');
      return found ? 0 : 1;
    } else {
      for (const { id, name, hint, scopes: granted, expiresAt, revokedAt, lastUsedAt } of await listInternalKeys(
        owner,
      )) {
        const state = revokedAt ? 'revoked' : expiresAt && expiresAt <= new Date() ? 'expired' : 'active';
        const used = lastUsedAt?.toISOString() ?? 'never used';
        process.stdout.write(`${id}  ${state}  ${hint}  ${name}  ${granted.join(',')}  ${used}\n`);
      }
    }
    return 0;
  } finally {
    await owner.destroy();
  }
}

process.exitCode = await run();
