import type { Knex } from 'knex';
import type { Context } from 'koa';
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import type { Actor } from '../auth/actor.js';
import { Refusal } from '../kernel/refusals.js';
import { networkOf } from './mount.js';

/** Counts one attempt under each key; throws rate_limited when a key has had too many. */
export type AttemptLimit = (keys: readonly string[]) => Promise<void>;

/** Sign-in links: five per address and sixty per network in a quarter of an hour, counted in Postgres for all servers. */
export function createLinkLimit(knex: Knex): AttemptLimit {
  const limiter = (keyPrefix: string, points: number): RateLimiterPostgres =>
    new RateLimiterPostgres({
      storeClient: knex,
      storeType: 'knex',
      tableName: 'rate_limits',
      tableCreated: true,
      keyPrefix,
      points,
      duration: 900,
    });
  const perAddress = limiter('link-mail', 5);
  const perNetwork = limiter('link-net', 60);
  return async (keys) => {
    for (const key of keys) await consume(key.startsWith('net:') ? perNetwork : perAddress, key);
  };
}

/** A general budget per caller and minute, in this process's memory, told in the RateLimit headers of every answer. */
export function createRequestLimit(perMinute: number): (ctx: Context, actor: Actor | undefined) => Promise<void> {
  const limiter = new RateLimiterMemory({ points: perMinute, duration: 60 });
  return async (ctx, actor) => {
    ctx.set('RateLimit-Policy', `"default";q=${String(perMinute)};w=60`);
    const { remainingPoints, msBeforeNext } = await consume(limiter, callerOf(actor) ?? networkOf(ctx.ip));
    ctx.set('RateLimit', `"default";r=${String(remainingPoints)};t=${String(Math.ceil(msBeforeNext / 1000))}`);
  };
}

function callerOf(actor: Actor | undefined): string | undefined {
  return actor?.kind === 'person' ? actor.userId : actor?.keyId;
}

async function consume(limiter: RateLimiterMemory | RateLimiterPostgres, key: string): Promise<RateLimiterRes> {
  try {
    return await limiter.consume(key);
  } catch (rejected) {
    if (!(rejected instanceof RateLimiterRes)) throw rejected;
    const seconds = Math.max(1, Math.ceil(rejected.msBeforeNext / 1000));
    throw new Refusal('rate_limited', 'Too many requests in a short time.', { retry_after: seconds });
  }
}
