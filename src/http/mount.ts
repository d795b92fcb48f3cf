import { randomUUID } from 'node:crypto';
import Router from '@koa/router';
import type { Context } from 'koa';
import rawBody from 'raw-body';
import type { Actor } from '../auth/actor.js';
import { Refusal } from '../kernel/refusals.js';
import type { Reply, RequestInfo, Route } from './define-route.js';
import { parseStrictJson } from './strict-json.js';

const MAX_JSON_BYTES = 1024 * 1024;
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

export interface MountOptions {
  /** Reads the credential of a request; undefined when there is none. Throws a refusal for a bad one. */
  readonly authenticate: (authorization: string | undefined) => Promise<Actor | undefined>;
  /** Counts a request against its caller; throws rate_limited. */
  readonly limit: (ctx: Context, actor: Actor | undefined) => Promise<void>;
  /** Counts the calls of an organization. */
  readonly meter: { count(orgId: string): void };
  /** Check every answer against its schema: on in tests and development, where a mismatch is a 500. */
  readonly checkResponses: boolean;
}

/** OpenAPI form to the router's: {name} is one segment of a path, {+name} the rest of it. */
const routerPath = (path: string): string => path.replaceAll(/\{\+(\w+)\}/g, '*$1').replaceAll(/\{(\w+)\}/g, ':$1');

/** Registers every route, in order; the router then answers 405 with Allow by itself. */
export function mount(routes: readonly Route[], options: MountOptions): Router {
  const router = new Router();
  for (const route of routes) {
    router.register(routerPath(route.path), [route.method], async (ctx) => {
      await answer(ctx, route, options);
    });
  }
  return router;
}

async function answer(ctx: Context, route: Route, options: MountOptions): Promise<void> {
  const actor =
    route.auth.name === 'public' ? undefined : await options.authenticate(ctx.get('authorization') || undefined);
  if (actor && actor.kind !== 'internal') options.meter.count(actor.orgId);
  // A raw body is its own credential: its senders are told apart by their signature, not by their network.
  if (!route.raw) await options.limit(ctx, actor);
  route.admit(actor);
  const request = requestInfo(ctx);
  const body = route.raw ? await readBytes(ctx) : route.upload ? undefined : await readBody(ctx, route);
  const params: unknown = ctx['params'];
  const input = { params, query: { ...ctx.query }, body, request };
  const reply = await route.run(input, actor);
  write(ctx, route, reply, options.checkResponses);
}

function write(ctx: Context, route: Route, reply: Reply<unknown>, check: boolean): void {
  ctx.status = reply.status ?? route.status;
  for (const [name, value] of Object.entries(reply.headers ?? {})) ctx.set(name, value);
  if ('media' in reply) {
    ctx.type = reply.media;
    ctx.body = reply.content;
    return;
  }
  if (check) {
    if (ctx.status !== route.status && !route.alsoStatus.includes(ctx.status)) {
      throw new Error(`${route.operationId} answered an undeclared ${String(ctx.status)}`);
    }
    route.schemas.response.parse(reply.body);
  }
  ctx.type = 'application/json';
  ctx.body = JSON.stringify(reply.body);
}

async function readBody(ctx: Context, { yaml, form }: Route): Promise<unknown> {
  if (ctx.method === 'GET' || ctx.method === 'HEAD') return undefined;
  if (!ctx.request.length && ctx.get('transfer-encoding') === '') return undefined;
  const type = ctx.request.type;
  if (yaml && type === 'application/yaml') return yaml(await readBytes(ctx));
  if (form && type === 'application/x-www-form-urlencoded')
    return Object.fromEntries(new URLSearchParams((await readBytes(ctx)).toString('utf8')));
  if (type !== 'application/json') {
    throw new Refusal('unsupported_media_type', `The Content-Type is ${type || 'missing'}, not application/json.`);
  }
  return parseStrictJson(await readBytes(ctx));
}

async function readBytes(ctx: Context): Promise<Buffer> {
  try {
    return await rawBody(ctx.req, { limit: MAX_JSON_BYTES, length: ctx.request.length });
  } catch (cause) {
    if (cause instanceof Error && 'type' in cause && cause.type === 'entity.too.large') {
      ctx.set('Connection', 'close');
      throw new Refusal('payload_too_large', 'The JSON body is larger than 1 MiB.', {}, { cause });
    }
    throw new Refusal('malformed_json', 'The body ended before its declared length.', {}, { cause });
  }
}

function requestInfo(ctx: Context): RequestInfo {
  const key = ctx.get('idempotency-key') || undefined;
  if (key !== undefined && !IDEMPOTENCY_KEY.test(key)) {
    throw new Refusal('invalid_request', 'Idempotency-Key must be 1 to 255 printable ASCII characters.');
  }
  const effectiveKey = key ?? (ctx.method === 'POST' ? randomUUID() : undefined);
  if (effectiveKey !== undefined) ctx.set('Idempotency-Key', effectiveKey);
  return {
    requestId: String(ctx.state['requestId']),
    network: networkOf(ctx.ip),
    idempotencyKey: effectiveKey,
    ifMatch: ctx.get('if-match') || undefined,
    ifNoneMatch: ctx.get('if-none-match') || undefined,
    accepts: (types) => ctx.accepts([...types]) || undefined,
    stream: ctx.req,
  };
}

/** The part of an address that is kept: enough to see a pattern, not a person. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:/, '');
  if (plain.includes('.')) return `${plain.split('.').slice(0, 3).join('.')}.0/24`;
  return `${plain.split(':').slice(0, 3).join(':')}::/48`;
}
