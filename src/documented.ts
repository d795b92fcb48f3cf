import { Client, Connection } from '@temporalio/client';
import pino from 'pino';
import { createObjectStore } from './adapters/object-store.js';
import { createWebhookReader } from './adapters/stripe-webhook.js';
import { createWebhookSender } from './adapters/webhook-sender.js';
import { apiRoutes } from './api.js';
import { createSealer } from './auth/sealer.js';
import { createSecretHashes } from './auth/secret.js';
import { createTokens } from './auth/tokens.js';
import { openDatabase } from './db/database.js';
import type { Route } from './http/define-route.js';

/** The product's routes without anything behind them: for the OpenAPI document, which no server is needed to write. */
export function documentedRoutes(): readonly Route[] {
  const nowhere = {
    endpoint: 'http://127.0.0.1:9',
    region: 'none',
    accessKeyId: 'none',
    secretAccessKey: 'none',
    bucket: 'none',
  };
  return apiRoutes({
    database: openDatabase('postgres://nobody@127.0.0.1:9/none'),
    evidenceObjects: createObjectStore(nowhere),
    ledgerObjects: createObjectStore(nowhere),
    client: new Client({ connection: Connection.lazy({ address: '127.0.0.1:9' }) }),
    queues: { core: 'none', pdf: 'none' },
    sessions: {
      sign: () => Promise.reject(new Error('unused')),
      verify: () => Promise.reject(new Error('unused')),
      jwks: { keys: [] },
    },
    tokens: createTokens(''),
    secretHashes: createSecretHashes([{ version: 1, key: Buffer.alloc(32) }]),
    catalogFourEyes: true,
    platformAdmins: new Set(),
    billing: undefined,
    readWebhook: createWebhookReader([]),
    callMeter: { count: () => undefined, flush: () => Promise.resolve(), close: () => Promise.resolve() },
    webhooks: createWebhookSender({ allowed: [] }),
    growth: { until: () => Promise.resolve(), next: () => Promise.resolve(), close: () => Promise.resolve() },
    cookNews: { until: () => Promise.resolve(), next: () => Promise.resolve(), close: () => Promise.resolve() },
    cookTimes: { leaseSeconds: 90, heartbeatSeconds: 15, startSeconds: 60, queueSeconds: 86_400, retrySeconds: 30 },
    sealer: createSealer(''),
    logger: pino({ level: 'silent' }),
    publicUrl: 'http://localhost',
    logId: 'none/2026',
    signUp: 'open',
    mailbox: false,
    production: true,
    trustProxy: false,
    requestsPerMinute: 1,
    accepting: () => true,
  });
}
