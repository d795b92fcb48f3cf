import type { Billing } from '../adapters/stripe.js';
import { applicationView, applyBody, type Answers } from '../applications/schema.js';
import { findApplication, slugFor } from '../applications/store.js';
import type { Person } from '../auth/actor.js';
import { commandActor } from '../commands/actor.js';
import { commandIdOf } from '../commands/identity.js';
import { newId } from '../db/new-id.js';
import { defineRoute, noBody, none, type RequestInfo, type Route } from '../http/define-route.js';
import { anyone, person } from '../http/gates.js';
import { page } from '../http/page.js';
import { Refusal } from '../kernel/refusals.js';
import { findOrg } from '../orgs/store.js';
import { orPending, reply, type Answer } from '../runs/command.js';
import { giveMembershipCommand, type MembershipCommandDeps } from './command.js';
import { mayManageMembership } from './policy.js';
import type { MembershipCommand } from './rules.js';
import { checkoutView, membershipView, portalView, returnQuery, returnView } from './schema.js';
import { findMembership, findOwner, listChanges } from './store.js';
import { showMembership } from './view.js';

export interface MembershipRouteDeps extends MembershipCommandDeps {
  readonly billing: Billing | undefined;
}

export function membershipRoutes(deps: MembershipRouteDeps): readonly Route[] {
  const { database, billing, memberships } = deps;
  const common = { params: none, query: none };
  return [
    defineRoute({
      ...common,
      method: 'get',
      path: '/membership',
      operationId: 'getMembership',
      summary: "The organization's membership: its state and why",
      auth: person,
      body: noBody,
      response: membershipView,
      status: 200,
      refuses: ['human_required', 'wrong_credential'],
      handle: ({ actor }) =>
        database.tenant(actor.orgId, async (tenant) => {
          const membership = await findMembership(tenant);
          const id = membership?.applicationId ?? null;
          const application = id === null ? undefined : await findApplication(tenant, id);
          const changes = await listChanges(tenant);
          const shown = { now: new Date(), mayPay: mayManageMembership(actor) };
          return {
            body: showMembership({ membership, application, changes }, shown),
            headers: { 'Cache-Control': 'no-store' },
          };
        }),
    }),
    defineRoute({
      ...common,
      method: 'post',
      path: '/membership/apply',
      operationId: 'applyForMembership',
      summary: 'Submit a membership application',
      auth: person,
      may: mayManageMembership,
      body: applyBody,
      response: orPending(applicationView),
      status: 201,
      alsoStatus: [202],
      refuses: [
        'forbidden',
        'invalid_request',
        'invalid_transition',
        'cool_down',
        'idempotency_mismatch',
        'unavailable',
      ],
      handle: async ({ actor, body, request }) => reply(await apply(deps, actor, request, body), applicationView),
    }),
    defineRoute({
      ...common,
      method: 'post',
      path: '/membership/withdraw',
      operationId: 'withdrawApplication',
      summary: 'Withdraw the application; what was paid for it goes back',
      auth: person,
      may: mayManageMembership,
      body: noBody,
      response: orPending(applicationView),
      status: 200,
      alsoStatus: [202],
      refuses: ['forbidden', 'not_found', 'invalid_transition', 'unavailable'],
      handle: async ({ actor, request }) =>
        reply(await order(deps, actor, request, ['withdraw', 'withdrawApplication']), applicationView),
    }),
    defineRoute({
      ...common,
      method: 'post',
      path: '/membership/checkout',
      operationId: 'openCheckout',
      summary: 'Open the payment page of the membership: 100 USD a year',
      auth: person,
      may: mayManageMembership,
      body: noBody,
      response: orPending(checkoutView),
      status: 201,
      alsoStatus: [200, 202],
      refuses: [
        'forbidden',
        'not_a_member_yet',
        'already_member',
        'invalid_transition',
        'billing_unavailable',
        'unavailable',
      ],
      handle: async ({ actor, request }) => {
        requireBilling(billing);
        return reply(await order(deps, actor, request, ['open_checkout', 'openCheckout']), checkoutView);
      },
    }),
    defineRoute({
      ...common,
      method: 'post',
      path: '/membership/portal',
      operationId: 'openPortal',
      summary: 'Open the billing portal: payment method, invoices, cancel and resume',
      auth: person,
      may: mayManageMembership,
      body: noBody,
      response: portalView,
      status: 200,
      refuses: ['forbidden', 'no_subscription', 'billing_unavailable'],
      handle: async ({ actor }) => {
        const stripe = requireBilling(billing);
        const membership = await database.tenant(actor.orgId, findMembership);
        if (!membership?.stripeCustomerId || membership.facts.customer === 'deleted')
          throw new Refusal('no_subscription', 'Nothing was paid for this organization yet.');
        return { body: { url: await portalOf(stripe, membership.stripeCustomerId) } };
      },
    }),
    defineRoute({
      ...common,
      method: 'get',
      path: '/membership/checkout/return',
      operationId: 'returnFromCheckout',
      summary: 'Where the payment page leads back to; has the membership read again',
      auth: anyone,
      query: returnQuery,
      body: noBody,
      response: returnView,
      status: 200,
      media: ['text/html'],
      refuses: ['unavailable'],
      handle: async ({ query, request }) => {
        const sessionId = query.session_id;
        const orgId =
          sessionId === undefined ? undefined : await database.system((system) => findOwner(system, { sessionId }));
        // The webhook and the nightly reconciliation do the same; without Temporal now, they do it later.
        if (orgId !== undefined) await memberships.refresh(orgId).catch(() => undefined);
        const state = orgId === undefined ? 'unknown' : 'confirming';
        if (request.accepts(['text/html', 'application/json']) !== 'text/html') return { body: { state } };
        return { media: 'text/html; charset=utf-8', content: returnPage(orgId !== undefined) };
      },
    }),
  ];
}

function returnPage(isPaid: boolean): string {
  const title = isPaid ? 'Thank you' : 'Back from the payment page';
  return page(
    title,
    <main>
      <h1>{title}</h1>
      <p>
        {isPaid
          ? 'The payment is being confirmed; the membership begins as soon as it is. GET /membership shows it.'
          : 'GET /membership shows where the membership stands.'}
      </p>
    </main>,
  );
}

function requireBilling(billing: Billing | undefined): Billing {
  if (!billing) throw new Refusal('billing_unavailable', 'This deployment has no Stripe account.');
  return billing;
}

/** A portal is read, not kept: nothing of ours changes, so Stripe's outage is simply told. */
async function portalOf(billing: Billing, customerId: string): Promise<string> {
  try {
    return await billing.openPortal(customerId);
  } catch (cause) {
    throw new Refusal('billing_unavailable', 'Stripe did not open the billing portal.', { retry_after: 5 }, { cause });
  }
}

async function apply(deps: MembershipRouteDeps, actor: Person, request: RequestInfo, body: Answers): Promise<Answer> {
  const { name } = await deps.database.tenant(actor.orgId, findOrg);
  const applicationId = newId('application');
  return giveMembershipCommand(deps, {
    orgId: actor.orgId,
    command: 'apply',
    commandId: commandIdOf(actor, 'applyForMembership', request.idempotencyKey ?? request.requestId),
    subjectId: applicationId,
    actor: commandActor(actor, request),
    body,
    payload: { ...body, application_id: applicationId, slug: slugFor(name) },
  });
}

/** A command about the organization itself, which carries nothing. */
const order = (
  deps: MembershipRouteDeps,
  actor: Person,
  request: RequestInfo,
  [command, operation]: readonly [MembershipCommand, string],
): Promise<Answer> =>
  giveMembershipCommand(deps, {
    orgId: actor.orgId,
    command,
    commandId: commandIdOf(actor, operation, request.idempotencyKey ?? request.requestId),
    subjectId: actor.orgId,
    actor: commandActor(actor, request),
    body: null,
    payload: null,
  });
