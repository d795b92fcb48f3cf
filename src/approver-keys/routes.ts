import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import { recordEvent } from '../audit-log/store.js';
import type { Person } from '../auth/actor.js';
import { requireRecentSignIn } from '../auth/step-up.js';
import { commandActor } from '../commands/actor.js';
import { once } from '../commands/store.js';
import type { Database } from '../db/database.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { caller, person } from '../http/gates.js';
import { plainCommand, replayHeaders } from '../http/idempotency.js';
import { Refusal } from '../kernel/refusals.js';
import { listMembers } from '../orgs/store.js';
import { mayDecide } from '../runs/policy.js';
import { runParams } from '../runs/schema.js';
import { askToSign } from './ask.js';
import { mayRevoke } from './policy.js';
import { keyStatement, registerKey, registrationOptions, type Place } from './register.js';
import {
  approverKeyParams,
  approverKeysView,
  approverKeyView,
  challengeView,
  decisionChallengeBody,
  registerBody,
} from './schema.js';
import { findApproverKey, insertChallenge, listApproverKeys, revokeApproverKey } from './store.js';
import { showApproverKey, showChallenge } from './view.js';

const NONCE_BYTES = 32;
const CHALLENGE_MINUTES = 10;
const challengeEnd = (): Date => new Date(Date.now() + CHALLENGE_MINUTES * 60_000);
const drawNonce = (): string => randomBytes(NONCE_BYTES).toString('base64url');

export interface ApproverKeyDeps extends Place {
  readonly database: Database;
}

export function approverKeyRoutes(deps: ApproverKeyDeps): readonly Route[] {
  const { database } = deps;
  const askForKey = (actor: Person): Promise<z.input<typeof challengeView>> =>
    database.tenant(actor.orgId, async (tenant) => {
      const { userId } = actor;
      const statement = keyStatement(deps, drawNonce());
      const known = (await listApproverKeys(tenant)).filter((key) => key.userId === userId);
      const email = (await listMembers(tenant)).find((member) => member.userId === userId)?.email ?? userId;
      const challenge = await insertChallenge(tenant, { userId, runId: null, statement, expiresAt: challengeEnd() });
      return showChallenge(challenge, await registrationOptions(deps, { statement, userId, email, known }));
    });
  return [
    defineRoute({
      method: 'get',
      path: '/approver-keys',
      operationId: 'listApproverKeys',
      summary: 'List the keys that approvers sign with',
      auth: caller('read'),
      params: none,
      query: none,
      body: noBody,
      response: approverKeysView,
      status: 200,
      refuses: [],
      handle: async ({ actor }) => ({
        body: { data: (await database.tenant(actor.orgId, listApproverKeys)).map(showApproverKey) },
      }),
    }),
    defineRoute({
      method: 'post',
      path: '/approver-keys/challenge',
      operationId: 'challengeApproverKey',
      summary: 'Ask what to sign to register a key',
      auth: person,
      may: mayDecide,
      params: none,
      query: none,
      body: noBody,
      response: challengeView,
      status: 201,
      refuses: ['forbidden', 'step_up_required'],
      handle: async ({ actor }) => {
        requireRecentSignIn(actor);
        return { body: await askForKey(actor), headers: { 'Cache-Control': 'no-store' } };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/approver-keys',
      operationId: 'registerApproverKey',
      summary: 'Register a key that you hold and we do not',
      auth: person,
      may: mayDecide,
      params: none,
      query: none,
      body: registerBody,
      response: approverKeyView,
      status: 201,
      refuses: [
        'forbidden',
        'invalid_request',
        'step_up_required',
        'challenge_gone',
        'approver_signature',
        'key_taken',
        'idempotency_mismatch',
      ],
      handle: async ({ actor, body, request }) => {
        requireRecentSignIn(actor);
        const command = plainCommand(actor, 'registerApproverKey', request, body);
        const { result, replayed } = await database.tenant(actor.orgId, (tenant) =>
          once(tenant, command, approverKeyView, async () => {
            const key = await registerKey(tenant, deps, { userId: actor.userId, given: body });
            const by = commandActor(actor, request);
            await recordEvent(tenant, { actor: by, action: 'approver_key.registered', target: key.id });
            return showApproverKey(key);
          }),
        );
        return { body: result, headers: replayHeaders(replayed) };
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/approver-keys/{approver_key_id}',
      operationId: 'revokeApproverKey',
      summary: 'Revoke a key; what it signed and was not receipted yet counts no more',
      auth: person,
      params: approverKeyParams,
      query: none,
      body: noBody,
      response: approverKeyView,
      status: 200,
      refuses: ['own_keys_only', 'not_found'],
      handle: ({ actor, params, request }) =>
        database.tenant(actor.orgId, async (tenant) => {
          const key = await findApproverKey(tenant, params.approver_key_id);
          if (!key) throw new Refusal('not_found', 'No such key.');
          if (!mayRevoke(actor, key)) throw new Refusal('own_keys_only', 'Its person or an owner revokes a key.');
          if (key.revokedAt) return { body: showApproverKey(key) };
          const by = commandActor(actor, request);
          await recordEvent(tenant, { actor: by, action: 'approver_key.revoked', target: key.id });
          return { body: showApproverKey(await revokeApproverKey(tenant, key.id)) };
        }),
    }),
    defineRoute({
      method: 'post',
      path: '/runs/{run_id}/approval-challenge',
      operationId: 'challengeApproval',
      summary: 'Ask what to sign to decide on a run',
      auth: person,
      may: mayDecide,
      params: runParams,
      query: none,
      body: decisionChallengeBody,
      response: challengeView,
      status: 201,
      refuses: ['forbidden', 'invalid_request', 'not_found', 'not_audited', 'step_up_required'],
      handle: async ({ actor, params, body }) => {
        requireRecentSignIn(actor);
        const asked = {
          ...body,
          userId: actor.userId,
          runId: params.run_id,
          nonce: drawNonce(),
          expiresAt: challengeEnd(),
        };
        const answer = await database.tenant(actor.orgId, (tenant) => askToSign(tenant, deps, asked));
        return { body: answer, headers: { 'Cache-Control': 'no-store' } };
      },
    }),
  ];
}
