import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { createCaller, expectAnswer, type Answer, type Caller } from '../../scripts/demo/client.js';
import { internalScopes, scopes } from '../../src/auth/actor.js';
import { documentedRoutes } from '../../src/documented.js';
import { builtInCards } from '../../src/models/cards/library.js';
import { cardSha256 } from '../../src/models/card.js';
import { newId } from '../../src/db/new-id.js';
import { callerKinds, refusalFor, type CallerKind } from '../../src/http/access.js';
import type { Route } from '../../src/http/define-route.js';
import { isRefusalCode, refusals } from '../../src/kernel/refusals.js';
import { SESSION_DAYS } from '../../src/sessions/store.js';
import { registerAgent } from '../rig/agent.js';
import { heldKey, registerKey } from '../rig/approver-key.js';
import { LICENCE_SHA256, packageOf, publish } from '../rig/datasets.js';
import { assemble, internalKeyOf, join, keyOf, signUp, type Cast, type PersonInTest } from '../rig/people.js';
import { next as nextCook, recipe, requestCook } from '../rig/cook.js';
import { entitle } from '../rig/membership.js';
import { openRig, PLATFORM_ADMIN, type Rig } from '../rig/rig.js';
import { approvedRun, attach, audit, goodSubmission, openRun } from '../rig/run.js';

/** Codes that a gate or a policy answers with; whoever is let in gets none of them. */
const ADMISSION = new Set([
  'unauthenticated',
  'invalid_token',
  'forbidden',
  'scope_missing',
  'wrong_credential',
  'human_required',
]);
/** These end what the later calls need, so they come last, each with a session of its own. */
const ENDS_A_SESSION = ['signOut', 'signOutEverywhere', 'endSession', 'leaveOrganization'];

let rig: Rig;
let cast: Cast;
let callers: Readonly<Record<CallerKind, Caller>>;
let people: Readonly<Partial<Record<CallerKind, PersonInTest>>>;
let stranger: PersonInTest;
let strangerKey: Caller;
/** Lacks the scope that the key without a scope has. */
let otherKey: Caller;
let ids: Readonly<Record<string, string>>;
const routes = documentedRoutes();

beforeAll(async () => {
  rig = await openRig();
  cast = await assemble(rig);
  const { owner } = cast;
  const admin = await join(rig, owner, 'admin', true);
  const member = await join(rig, owner, 'member', true);
  const viewer = await join(rig, owner, 'viewer', false);
  const root = await signUp(rig, PLATFORM_ADMIN);
  people = { owner, admin, member, viewer, 'platform admin': root };
  callers = {
    owner,
    admin,
    member,
    viewer,
    'platform admin': root,
    'key with the scope': await keyOf(rig, owner, scopes),
    'key without it': await keyOf(rig, owner, ['watchdog:ping']),
    'internal key': await internalKeyOf(
      rig,
      internalScopes.filter((scope) => scope !== 'runner:claim'),
    ),
    'runner key': await internalKeyOf(rig, ['runner:claim']),
    nobody: createCaller(rig.base),
  };
  stranger = await signUp(rig);
  otherKey = await keyOf(rig, owner, ['models:pin']);
  strangerKey = await keyOf(rig, stranger, scopes);
  ids = await makeObjects();
});
afterAll(() => rig.close());

const id = z.object({ id: z.string() });

/** One object of every kind that a path may name, all of the first organization. */
async function makeObjects(): Promise<Record<string, string>> {
  const { owner } = cast;
  const operator = await internalKeyOf(rig, ['cooks:maintain']);
  const run_id = await openRun(cast);
  await attach(owner, run_id);
  await owner.call('POST', `/runs/${run_id}/submission`, goodSubmission());
  const { checks, id: audit_id } = await audit(owner, run_id);
  const approved = await approvedRun(cast);
  const approvals = z.object({ approvals: z.array(id) });
  const given = expectAnswer(await owner.call('GET', `/runs/${approved}`), [200], approvals).approvals;
  const minted = expectAnswer(await owner.call('POST', `/runs/${approved}/receipt`), [201], id);
  const invite = await owner.call('POST', '/org/invites', { email: 'by@stander.test', role: 'viewer' });
  const listed = z.object({ data: z.array(id) });
  const profile_id = await registerAgent(owner);
  const about = { title: 'Found', kind: 'other', severity: 'sev3', agent_profile_id: profile_id };
  const incident = expectAnswer(await owner.call('POST', '/incidents', about), [201], id);
  const sessions = expectAnswer(await owner.call('GET', '/auth/sessions'), [200], listed);
  const shares = expectAnswer(await owner.call('GET', `/receipts/${minted.id}/shares`), [200], listed);
  // Over, so that following it ends.
  const cook_id = await requestCook(owner, run_id);
  await owner.call('POST', `/cooks/${cook_id}/cancel`);
  await nextCook(callers['runner key'], 'swept', 0);
  const runners = expectAnswer(await operator.call('GET', '/internal/runners'), [200], listed);
  await entitle(rig, owner.orgId);
  await publish(rig, packageOf({ slug: 'numeric-memo' }));
  const granted = await owner.call('POST', '/datasets/catalog/numeric-memo/download', bodies['downloadDataset']);
  const hook = { url: 'https://example.org/hook', events: ['run.*'] };
  const webhook = expectAnswer(await owner.call('POST', '/webhooks', hook), [201], id);
  const card_sha256 = builtInCards[0] ? cardSha256(builtInCards[0]) : '';
  const pinned = await owner.call('POST', `/models/catalog/${builtInCards[0]?.slug ?? ''}/pin`, { card_sha256 });
  return {
    run_id,
    check_id: checks[0]?.id ?? '',
    audit_id,
    approver_key_id: (await registerKey(owner, heldKey())).id,
    approval_id: given[0]?.id ?? '',
    version: '1.0.0',
    receipt_id: minted.id,
    share_id: shares.data[0]?.id ?? '',
    invite_id: expectAnswer(invite, [201], id).id,
    key_id: (await keyOf(rig, owner, ['read'])).id,
    user_id: (await join(rig, owner, 'viewer', false)).userId,
    session_id: sessions.data[0]?.id ?? '',
    operation_id: '00000000-0000-4000-8000-000000000000',
    slug: 'numeric-memo',
    org_id: stranger.orgId,
    cook_id,
    artifact_id: 'art_00000000000000000000000000',
    runner_id: runners.data[0]?.id ?? '',
    profile_id,
    incident_id: incident.id,
    grant_id: expectAnswer(granted, [201], id).id,
    pin_id: expectAnswer(pinned, [201], id).id,
    webhook_id: webhook.id,
    message_id: `msg_${'0'.repeat(32)}`,
    staged_id: `stg_${'0'.repeat(26)}`,
    format: 'cyclonedx',
  };
}

/** A lease that nobody holds. */
const LEASE = { lease_token: 'x'.repeat(43), fence: 1 };

/** Bodies that pass the shape of an operation, so that what is refused is refused for who asks and what for. */
const bodies: Readonly<Record<string, unknown>> = {
  applyForMembership: { use_case: 'Receipts.' },
  decideApplication: { slug: 'nobody-applied' },
  suspendMembership: { reason: 'Abuse.' },
  compMembership: { reason: 'Partner.', until: new Date(Date.now() + 86_400_000).toISOString() },
  replayStripeEvents: { event_ids: ['evt_1'] },
  changeRole: { role: 'viewer' },
  rotateApiKey: {},
  attachEvidence: { kind: 'note', label: 'Numbers', content: 'Revenue: 100.' },
  submit: goodSubmission(),
  annotateReceipt: { status: 'revoked', reason: 'Asked for.' },
  createShare: {},
  eraseDisclosures: { pointers: ['/run/title'], reason: 'Asked for.' },
  gradeCheck: { status: 'pass', response: 1 },
  decide: { decision: 'approved' },
  challengeApproval: { decision: 'approved' },
  downloadDataset: { purpose: 'To sweep the access.', accept_licence_sha256: LICENCE_SHA256 },
  pinModel: { card_sha256: '0'.repeat(64) },
  revokeGrant: { reason: 'Swept.' },
  moveDataset: { version: '1.0.0', state: 'listed', reason: 'Swept.' },
  moveModel: { version: '1', state: 'listed', reason: 'Swept.' },
  waiveCheck: { reason: 'Agreed with finance.', expires_at: new Date(Date.now() + 86_400_000).toISOString() },
  requestCook: recipe(),
  claimNativeCook: {
    runner_id: 'r',
    capabilities: { gpu: ['cpu'] },
    workflow_run_id: '00000000-0000-4000-8000-000000000000',
  },
  reportCook: { ...LEASE, state: 'running' },
  grantCookUpload: { ...LEASE, kind: 'model', name: 'm', size: 1, sha256: '0'.repeat(64) },
  completeCook: LEASE,
  failCook: { ...LEASE, class: 'infra', retryable: true, message: 'm' },
  moveFlightSheetVersion: { state: 'retired' },
  unlockAgentProfile: { incident_id: newId('incident'), note: 'Corrected.' },
  signalWatchdog: { signal: 'heartbeat' },
  configureWatchdog: { mode: 'hook' },
  actOnWatchdog: { action: 'resume' },
  commentIncident: { text: 'Seen.' },
};

const pathOf = (route: Route, given: Readonly<Record<string, string>>): string =>
  route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = given[name];
    if (value === undefined) throw new Error(`the sweep makes no object for {${name}} of ${route.path}`);
    return value;
  });

const ask = (caller: Caller, route: Route, given = ids): Promise<Answer> => {
  const bodyless = route.method === 'get' || route.method === 'delete' || route.upload !== undefined;
  return caller.call(
    route.method.toUpperCase(),
    pathOf(route, given),
    bodyless ? undefined : (bodies[route.operationId] ?? {}),
  );
};

const codeOf = ({ status, json }: Answer): string => {
  const problem = z.object({ code: z.string() }).safeParse(json);
  return status >= 400 && problem.success ? problem.data.code : 'let in';
};

/** A session of its own for a person, so that ending it ends nothing else. */
async function freshSession(kind: CallerKind): Promise<Caller> {
  const person = people[kind];
  if (!person) return callers[kind];
  const sessionId = newId('session');
  const { userId, orgId } = person;
  await rig.database.tenant(orgId, ({ trx }) =>
    trx('sessions').insert({
      id: sessionId,
      orgId,
      userId,
      network: 'test',
      expiresAt: new Date(Date.now() + SESSION_DAYS * 86_400_000),
    }),
  );
  return rig.as(await rig.sessions.sign({ userId, orgId, sessionId, authTime: new Date() }));
}

const standIn = (kind: CallerKind, { auth }: Route): Caller =>
  kind === 'key without it' && auth.scope === 'watchdog:ping' ? otherKey : callers[kind];

async function expectPublished(route: Route, kind: CallerKind): Promise<void> {
  const expected = refusalFor(route, kind);
  const caller = ENDS_A_SESSION.includes(route.operationId) ? await freshSession(kind) : standIn(kind, route);
  const answer = await ask(caller, route);
  const code = codeOf(answer);
  const where = `${route.operationId} as ${kind}`;
  if (expected === undefined) expect([where, ADMISSION.has(code) ? code : 'let in']).toEqual([where, 'let in']);
  else expect([where, answer.status, code]).toEqual([where, refusals[expected].status, expected]);
  expect([where, answer.status < 500 || code === 'unavailable']).toEqual([where, true]);
}

const guarded = routes.filter(({ auth }) => auth.name !== 'public');
const harmless = guarded.filter(({ operationId }) => !ENDS_A_SESSION.includes(operationId));
const isForeign = (route: Route): boolean =>
  /\{(run|check|receipt|invite|key|user|session|share|grant|pin|cook|incident|profile)_id\}/.test(route.path);

test('an object of another organization answers byte for byte like one that does not exist', async () => {
  const unknown = Object.fromEntries(
    Object.entries(ids).map(([name, value]) => [name, /^[a-z]+_/.test(value) ? `${value.slice(0, -4)}zzzz` : value]),
  );
  const bare = ({ status, json }: Answer): unknown => {
    const { request_id: _request, instance: _instance, ...rest } = z.looseObject({}).parse(json);
    return { status, ...rest };
  };
  const foreign = guarded.filter((route) => isForeign(route) && route.auth.name !== 'internal');
  expect(foreign.length).toBeGreaterThan(15);
  for (const route of foreign) {
    for (const caller of [stranger, strangerKey]) {
      const theirs = await ask(caller, route);
      expect([route.operationId, bare(theirs)]).toEqual([route.operationId, bare(await ask(caller, route, unknown))]);
      const code = codeOf(theirs);
      expect([route.operationId, ['not_found', 'human_required'].includes(code)]).toEqual([route.operationId, true]);
    }
  }
});

test('every operation answers every kind of caller as the access page says', async () => {
  expect(harmless.length).toBeGreaterThan(30);
  for (const route of harmless) await Promise.all(callerKinds.map((kind) => expectPublished(route, kind)));
});

test('the operations that end a session do too', async () => {
  const last = ENDS_A_SESSION.flatMap((name) => guarded.filter(({ operationId }) => operationId === name));
  expect(last).toHaveLength(ENDS_A_SESSION.length);
  for (const route of last) for (const kind of callerKinds) await expectPublished(route, kind);
});

test('every refusal that an operation names is in the table, and public operations take no credential', async () => {
  for (const route of routes) for (const code of route.refuses) expect(isRefusalCode(code)).toBe(true);
  const health = await rig.as('not-a-token').call('GET', '/livez');
  expect(health.status).toBe(200);
});
