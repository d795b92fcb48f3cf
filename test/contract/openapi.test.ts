import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { documentedRoutes } from '../../src/documented.js';
import { accessPage } from '../../src/http/access.js';
import { openapi } from '../../src/http/openapi.js';
import { refusals } from '../../src/kernel/refusals.js';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** The paths of the contract that this version serves; the list only grows. */
const contract: Readonly<Record<string, readonly string[]>> = {
  '/healthz': ['get'],
  '/auth/request': ['post'],
  '/auth/verify': ['post'],
  '/auth/accept-invite': ['post'],
  '/auth/me': ['get'],
  '/org': ['get'],
  '/org/api-keys': ['get', 'post'],
  '/org/members': ['get'],
  '/org/members/{user_id}/role': ['put'],
  '/org/usage': ['get'],
  '/admin/health': ['get'],
  '/org/invites': ['get', 'post'],
  '/projects': ['get', 'post'],
  '/runs': ['get', 'post'],
  '/runs/{run_id}': ['get'],
  '/runs/{run_id}/evidence': ['post'],
  '/runs/{run_id}/evidence/upload': ['post'],
  '/runs/{run_id}/submission': ['post'],
  '/runs/{run_id}/audit': ['post'],
  '/runs/{run_id}/checks/{check_id}': ['patch'],
  '/runs/{run_id}/checks': ['post'],
  '/runs/{run_id}/approve': ['post'],
  '/runs/{run_id}/receipt': ['post'],
  '/incidents': ['get', 'post', 'patch'],
  '/incidents/{incident_id}': ['get', 'patch'],
  '/incidents/{incident_id}/receipt': ['post'],
  '/agent-profiles': ['get', 'post'],
  '/agent-profiles/{profile_id}/watchdog': ['post'],
  '/share/{token}': ['get'],
  '/share/{token}/pdf': ['get'],
  '/stack-planner/options': ['get'],
  '/stack-assessment': ['post'],
  '/ledger': ['get'],
  '/ledger/verify': ['get'],
  '/membership': ['get'],
  '/membership/apply': ['post'],
  '/membership/approve': ['post'],
  '/membership/checkout': ['post'],
  '/policy/training-data': ['get'],
  '/stripe/webhook': ['post'],
  '/admin/applications': ['get'],
  '/admin/applications/{slug}/approve': ['post'],
};
const documentSchema = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });

test('the committed access page is the one the routes write', () => {
  expect(read('docs/access.md')).toBe(accessPage(documentedRoutes()));
});

test('the committed document is the one the routes write', () => {
  const committed: unknown = JSON.parse(read('docs/openapi.json'));
  expect(JSON.parse(JSON.stringify(openapi(documentedRoutes())))).toEqual(committed);
});

test('every path and method of the contract is served', () => {
  const { paths } = documentSchema.parse(openapi(documentedRoutes()));
  for (const [path, methods] of Object.entries(contract)) {
    expect(Object.keys(paths[path] ?? {})).toEqual(expect.arrayContaining([...methods]));
  }
});

test('operation ids are unique, and a public write is a way to sign in, or signed', () => {
  const routes = documentedRoutes();
  expect(new Set(routes.map(({ operationId }) => operationId)).size).toBe(routes.length);
  const open = routes.filter(({ method, auth }) => method !== 'get' && auth.name === 'public').map(({ path }) => path);
  expect(open.sort()).toEqual([
    '/auth/accept-invite',
    '/auth/refresh',
    '/auth/request',
    '/auth/verify',
    '/stack-assessment',
    '/stripe/webhook',
    '/verify',
  ]);
});

test('every refusal has a client or server error status and says how to cure it', () => {
  for (const { status, title, fix } of Object.values(refusals)) {
    expect(status).toBeGreaterThanOrEqual(400);
    expect(title.length * fix.length).toBeGreaterThan(0);
  }
});
