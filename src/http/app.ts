import cors from '@koa/cors';
import type Router from '@koa/router';
import Koa, { type Context, type Middleware } from 'koa';
import compress from 'koa-compress';
import helmet from 'koa-helmet';
import type { Logger } from 'pino';
import { newId } from '../db/new-id.js';
import { Refusal } from '../kernel/refusals.js';
import type { Route } from './define-route.js';
import { mount, type MountOptions } from './mount.js';
import { toProblem } from './problem.js';

export interface AppOptions extends MountOptions {
  readonly publicUrl: string;
  readonly production: boolean;
  readonly trustProxy: boolean;
  readonly logger: Logger;
}

const EXPOSED =
  'ETag,Link,Location,RateLimit,RateLimit-Policy,Retry-After,Request-Id,Idempotency-Key,Idempotency-Replayed';

/** The Koa application around a list of routes: identity of requests, problems, headers, limits. */
export function createApp(routes: readonly Route[], options: AppOptions): Koa {
  const app = new Koa({ proxy: options.trustProxy });
  app.on('error', () => undefined);
  const router = mount(routes, options);
  app.use(identify(options.logger));
  app.use(securityHeaders(options.production));
  app.use(cors({ origin: '*', exposeHeaders: EXPOSED, maxAge: 600 }));
  // Entry bundles are the only octets served here that shrink; tiles of hashes say no-transform.
  app.use(
    compress({
      threshold: 2048,
      br: false,
      filter: (type) => /^text\/|json|octet-stream/.test(type),
    }),
  );
  app.use(problems(options));
  app.use(router.routes());
  app.use(refuseUnrouted(router));
  return app;
}

/** Names each request and writes one log line for it: route template, never a path with its ids and tokens. */
function identify(logger: Logger): Middleware {
  return async (ctx, next) => {
    const started = performance.now();
    const requestId = newId('request');
    ctx.state['requestId'] = requestId;
    ctx.set('Request-Id', requestId);
    await next();
    const matched: unknown = ctx['_matchedRoute'];
    const route = typeof matched === 'string' ? matched : 'unrouted';
    logger.info({
      requestId,
      method: ctx.method,
      route,
      status: ctx.status,
      ms: Math.round(performance.now() - started),
    });
  };
}

function securityHeaders(production: boolean): Middleware {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: ["'unsafe-inline'"],
        fontSrc: ['data:'],
        imgSrc: ['data:'],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
      },
    },
    strictTransportSecurity: production,
    crossOriginResourcePolicy: { policy: 'cross-origin' },
    referrerPolicy: { policy: 'no-referrer' },
  });
}

function problems(options: AppOptions): Middleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      writeProblem(ctx, asRefusal(error, ctx, options.logger), options.publicUrl);
    }
  };
}

/** What is not a refusal is a bug or an outage: logged whole, answered without detail. */
function asRefusal(error: unknown, ctx: Context, logger: Logger): Refusal {
  if (error instanceof Refusal) return error;
  logger.error({ err: error, requestId: ctx.state['requestId'] }, 'unexpected error');
  return new Refusal('internal_error', 'Something went wrong on our side.', {}, { cause: error });
}

function writeProblem(ctx: Context, refusal: Refusal, publicUrl: string): void {
  const problem = toProblem(refusal, {
    publicUrl,
    instance: ctx.path.slice(0, 512),
    requestId: String(ctx.state['requestId']),
  });
  ctx.status = problem.status;
  if (problem.status === 401) ctx.set('WWW-Authenticate', 'Bearer');
  const wait = refusal.details.retry_after ?? (problem.status === 503 || problem.status === 429 ? 2 : undefined);
  if (wait !== undefined) ctx.set('Retry-After', String(wait));
  ctx.set('Cache-Control', 'no-store');
  ctx.type = 'application/problem+json';
  ctx.body = JSON.stringify(problem);
}

/** RFC 9110: 405 with Allow where the path exists, 404 where it does not. */
function refuseUnrouted(router: Router): Middleware {
  return (ctx) => {
    if (ctx['_matchedRoute'] !== undefined) return;
    const methods = new Set(router.match(ctx.path, ctx.method).path.flatMap((layer) => layer.methods));
    if (methods.size === 0) throw new Refusal('not_found', 'There is nothing at this path.');
    ctx.set('Allow', [...methods].sort().join(', '));
    throw new Refusal('method_not_allowed', `${ctx.method} is not possible here.`);
  };
}
