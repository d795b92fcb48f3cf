import type Koa from 'koa';
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { ObjectStore } from './adapters/object-store.js';
import type { createWebhookReader } from './adapters/stripe-webhook.js';
import type { Billing } from './adapters/stripe.js';
import type { WebhookSender } from './adapters/webhook-sender.js';
import { createCookTasks } from './adapters/cook-tasks.js';
import { agentProfileRoutes } from './agent-profiles/routes.js';
import { apiKeyRoutes } from './api-keys/routes.js';
import { applicationDeskRoutes } from './applications/desk-routes.js';
import { auditLogRoutes } from './audit-log/routes.js';
import { approvalRoutes } from './approvals/routes.js';
import { approverKeyRoutes } from './approver-keys/routes.js';
import { createAuthenticator } from './auth/authenticate.js';
import { authRoutes } from './auth/routes.js';
import type { Sealer } from './auth/sealer.js';
import type { Sessions } from './auth/session.js';
import type { Tokens } from './auth/tokens.js';
import { checkRoutes } from './checks/routes.js';
import { cookTaskQueue, createCookDurable } from './cooks/durable.js';
import { cookRoutes } from './cooks/routes.js';
import { cookStreamRoutes } from './cooks/stream-routes.js';
import type { Database } from './db/database.js';
import type { Growth } from './db/listen.js';
import { docsRoutes } from './docs/routes.js';
import { evidenceRoutes } from './evidence/routes.js';
import { flightSheetRoutes } from './flight-sheets/routes.js';
import { healthRoutes } from './health/routes.js';
import { createApp } from './http/app.js';
import type { Route } from './http/define-route.js';
import { createLinkLimit, createRequestLimit } from './http/limits.js';
import { openapi } from './http/openapi.js';
import { diagnosticsRoutes } from './health/admin-routes.js';
import { ledgerInternalRoutes } from './ledger/internal-routes.js';
import { ledgerRoutes } from './ledger/routes.js';
import { createCommandDurable } from './commands/durable.js';
import { datasetRoutes } from './datasets/routes.js';
import { stagingRoutes } from './staging/routes.js';
import { trainingPolicyRoutes } from './training-policies/routes.js';
import { modelRoutes } from './models/routes.js';
import { mailboxRoutes } from './mail/routes.js';
import { createMembershipDurable } from './membership/durable.js';
import { membershipRoutes } from './membership/routes.js';
import { stripeEventRoutes } from './stripe-events/routes.js';
import { createIncidentDurable } from './incidents/durable.js';
import { platformIncidentRoutes } from './incidents/admin-routes.js';
import { incidentRoutes } from './incidents/routes.js';
import { inviteRoutes } from './invites/routes.js';
import { sessionRoutes } from './sessions/routes.js';
import type { SecretHashes } from './auth/secret.js';
import type { CallMeter } from './usage/call-meter.js';
import { usageRoutes } from './usage/routes.js';
import { plannerRoutes } from './planner/routes.js';
import { orgRoutes } from './orgs/routes.js';
import { projectRoutes } from './projects/routes.js';
import { exportRoutes } from './receipts/export-routes.js';
import { annotationRoutes } from './receipts/annotation-routes.js';
import { createAnnotationDurable } from './receipts/durable.js';
import { keyEventRoutes } from './receipts/key-event-routes.js';
import { publicReceiptRoutes } from './receipts/public-routes.js';
import { receiptRoutes } from './receipts/routes.js';
import { runnerInternalRoutes } from './runners/internal-routes.js';
import type { CookTimes } from './runners/lease.js';
import { runnerRoutes } from './runners/routes.js';
import { createRunDurable, type TaskQueues } from './runs/durable.js';
import { runRoutes } from './runs/routes.js';
import { createShareDurable } from './shares/durable.js';
import { ownShareRoutes } from './shares/own-routes.js';
import { shareRoutes } from './shares/routes.js';
import { watchdogRoutes } from './watchdogs/routes.js';
import { webhookDeliveryRoutes } from './webhooks/delivery-routes.js';
import { webhookRoutes } from './webhooks/routes.js';
import { submissionRoutes } from './submissions/routes.js';

/** Everything the API is made of; tests put in the same real parts under other names. */
export interface ApiParts {
  readonly database: Database;
  readonly evidenceObjects: ObjectStore;
  readonly ledgerObjects: ObjectStore;
  readonly client: Client;
  readonly queues: TaskQueues;
  readonly sessions: Sessions;
  readonly tokens: Tokens;
  readonly secretHashes: SecretHashes;
  /** Whether what one internal key staged must be published by another. */
  readonly catalogFourEyes: boolean;
  readonly platformAdmins: ReadonlySet<string>;
  readonly callMeter: CallMeter;
  /** Undefined without a Stripe account: nobody can pay then. */
  readonly billing: Billing | undefined;
  readonly readWebhook: ReturnType<typeof createWebhookReader>;
  readonly webhooks: WebhookSender;
  readonly growth: Growth;
  readonly cookNews: Growth;
  readonly cookTimes: CookTimes;
  readonly sealer: Sealer;
  readonly logger: Logger;
  readonly publicUrl: string;
  readonly logId: string;
  readonly signUp: 'open' | 'invited';
  readonly mailbox: boolean;
  readonly production: boolean;
  readonly trustProxy: boolean;
  readonly requestsPerMinute: number;
  readonly accepting: () => boolean;
}

/** Every route of the product, in the order of the contract. */
export function apiRoutes(parts: ApiParts): readonly Route[] {
  const { database, client } = parts;
  const commands = { ...parts, runs: createRunDurable(client, parts.queues) };
  const membership = { ...parts, memberships: createMembershipDurable(client, parts.queues) };
  const annotated = { ...parts, annotations: createAnnotationDurable(client, parts.queues) };
  const cooking = {
    ...parts,
    cooks: createCookDurable(client, parts.queues),
    cookTasks: createCookTasks(client),
    taskQueueOf: (queue: string) => cookTaskQueue(parts.queues, queue),
  };
  const commits = { ...parts, commands: createCommandDurable(client, parts.queues) };
  const dependencies = [
    { name: 'database', ping: () => database.knex.raw('select 1') },
    { name: 'storage', ping: () => parts.evidenceObjects.ping() },
    {
      name: 'temporal',
      ping: () => client.withDeadline(Date.now() + 2000, () => client.workflowService.getSystemInfo({})),
    },
  ] as const;
  const routes: Route[] = [
    ...healthRoutes({ dependencies, accepting: parts.accepting }),
    ...authRoutes({ ...parts, linkLimit: createLinkLimit(database.knex) }),
    ...sessionRoutes(parts),
    ...orgRoutes(parts),
    ...inviteRoutes(parts),
    ...apiKeyRoutes(parts),
    ...usageRoutes(parts),
    ...auditLogRoutes(parts),
    ...projectRoutes(parts),
    ...plannerRoutes(),
    ...flightSheetRoutes(parts),
    ...runRoutes(commands),
    ...evidenceRoutes(commands),
    ...submissionRoutes(commands),
    ...checkRoutes(commands),
    ...approvalRoutes(commands),
    ...approverKeyRoutes(parts),
    ...receiptRoutes(commands),
    ...cookRoutes(cooking),
    ...cookStreamRoutes(parts),
    ...runnerRoutes(cooking),
    ...runnerInternalRoutes(parts),
    ...exportRoutes(parts),
    ...annotationRoutes({ ...annotated, objects: parts.evidenceObjects }),
    ...keyEventRoutes(parts),
    ...publicReceiptRoutes(parts),
    ...shareRoutes({ ...parts, objects: parts.evidenceObjects, shares: createShareDurable(client, parts.queues) }),
    ...ownShareRoutes({ ...annotated, objects: parts.evidenceObjects }),
    ...incidentRoutes({ ...parts, incidents: createIncidentDurable(client, parts.queues.core) }),
    ...platformIncidentRoutes(parts),
    ...agentProfileRoutes(parts),
    ...watchdogRoutes(parts),
    ...webhookRoutes(parts),
    ...webhookDeliveryRoutes(parts),
    ...datasetRoutes(commits),
    ...modelRoutes(commits),
    ...trainingPolicyRoutes(parts),
    ...stagingRoutes({ ...parts, fourEyes: parts.catalogFourEyes }),
    ...ledgerRoutes(parts),
    ...membershipRoutes(membership),
    ...stripeEventRoutes(membership),
    ...applicationDeskRoutes(membership),
    ...ledgerInternalRoutes(parts),
    ...diagnosticsRoutes({ ...parts, queues: { ...parts.queues } }),
  ];
  const documented: readonly Route[] = [...routes, ...docsRoutes(() => openapi(documented))];
  return parts.mailbox ? [...documented, ...mailboxRoutes(parts)] : documented;
}

/** Which routes a listener has: all, or with a listener of their own for internal keys, the one part or the other. */
export type Listener = 'all' | 'public' | 'internal';

export function createApi(parts: ApiParts, listener: Listener = 'all'): Koa {
  const { publicUrl, production, trustProxy, logger } = parts;
  const routes = apiRoutes(parts).filter(({ auth }) => isServedOn(listener, auth.name));
  return createApp(routes, {
    publicUrl,
    production,
    trustProxy,
    logger,
    authenticate: createAuthenticator(parts),
    limit: createRequestLimit(parts.requestsPerMinute),
    meter: parts.callMeter,
    checkResponses: !production,
  });
}

/** Internal routes are nowhere to be found on a public listener, and an internal one has nothing else. */
function isServedOn(listener: Listener, gate: Route['auth']['name']): boolean {
  if (listener === 'all') return true;
  return (gate === 'internal') === (listener === 'internal');
}
