import { internalScopes, scopes, type Actor, type Key, type Person, type Role } from '../auth/actor.js';
import { Refusal, type RefusalCode } from '../kernel/refusals.js';
import type { Route } from './define-route.js';

/** Everyone who may knock, as the access page and the sweep over all operations name them. */
export const callerKinds = [
  'owner',
  'admin',
  'member',
  'viewer',
  'key with the scope',
  'key without it',
  'internal key',
  'runner key',
  'platform admin',
  'nobody',
] as const;
export type CallerKind = (typeof callerKinds)[number];

const someone = { userId: 'usr_someone', orgId: 'org_some' } as const;
const personOf = (role: Role, platformAdmin = false): Person => ({
  kind: 'person',
  ...someone,
  role,
  approver: role !== 'viewer',
  authTime: '',
  sessionId: 'ses_some',
  platformAdmin,
});
const keyOf = (granted: Key['scopes']): Key => ({
  kind: 'key',
  ...someone,
  keyId: 'key_some',
  name: '',
  mode: 'live',
  role: 'owner',
  approver: false,
  scopes: granted,
});

function stand(kind: CallerKind, { auth }: Route): Actor | undefined {
  switch (kind) {
    case 'owner':
    case 'admin':
    case 'member':
    case 'viewer':
      return personOf(kind);
    case 'key with the scope':
      return keyOf(scopes);
    case 'key without it':
      return keyOf(scopes.filter((scope) => scope !== auth.scope));
    case 'internal key':
      return { kind: 'internal', keyId: 'ink_some', scopes: internalScopes.filter((one) => one !== 'runner:claim') };
    case 'runner key':
      return { kind: 'internal', keyId: 'ink_some', scopes: ['runner:claim'] };
    case 'platform admin':
      return personOf('owner', true);
    case 'nobody':
      return undefined;
  }
}

/** How the gate and the policy of a route answer a kind of caller; undefined when they let it in. */
export function refusalFor(route: Route, kind: CallerKind): RefusalCode | undefined {
  try {
    route.admit(stand(kind, route));
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

/** The access page: one row per operation, one column per kind of caller. Written from the routes, never by hand. */
export function accessPage(routes: readonly Route[]): string {
  const rows = routes
    .filter(({ auth }) => auth.name !== 'public')
    .map((route) => {
      const cells = callerKinds.map((kind) => (refusalFor(route, kind) === undefined ? 'yes' : '–'));
      return [`\`${route.method.toUpperCase()} ${route.path}\``, route.auth.scope ?? '', ...cells];
    });
  const head = ['operation', 'scope', ...callerKinds];
  const table = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  const open = routes
    .filter(({ auth }) => auth.name === 'public')
    .map(({ method, path }) => `\`${method.toUpperCase()} ${path}\``);
  return `# Who may do what

Written from the routes by \`npm run openapi\`; a test calls every operation as every kind of caller and holds the answers against this table. "yes" is what gate and role let in; the operation may still refuse for the state of its object, for the separation of duties, or because the object belongs to another organization, which answers exactly like one that does not exist. An approver is anybody but a viewer who carries the flag.

${table.join('\n')}

Without any credential: ${open.join(', ')}.
`;
}
