import { z } from 'zod';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { anyone } from '../http/gates.js';

/** One part the service leans on; `ping` throws when it is not there. */
export interface Dependency {
  readonly name: 'database' | 'storage' | 'temporal';
  readonly ping: () => Promise<unknown>;
}
export interface HealthDeps {
  readonly dependencies: readonly Dependency[];
  /** False while the process drains before it stops. */
  readonly accepting: () => boolean;
}

const TIMEOUT_MS = 2000;
const part = z.strictObject({ status: z.enum(['ok', 'down']), latency_ms: z.int() });
const healthView = z
  .strictObject({ status: z.enum(['ok', 'down']), service: part, database: part, storage: part, temporal: part })
  .meta({ id: 'Health' });
const stateView = z.strictObject({ status: z.enum(['ok', 'draining']) });
type Part = z.input<typeof part>;

export function healthRoutes({ dependencies, accepting }: HealthDeps): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/healthz',
      operationId: 'getHealth',
      summary: 'Health of the service and its parts',
      auth: anyone,
      params: none,
      query: none,
      body: noBody,
      response: healthView,
      status: 200,
      alsoStatus: [503],
      refuses: [],
      handle: async () => {
        const started = performance.now();
        const parts = new Map(
          await Promise.all(dependencies.map(async (one) => [one.name, await probe(one)] as const)),
        );
        const named = (name: Dependency['name']): Part => parts.get(name) ?? { status: 'down', latency_ms: 0 };
        const ok = [...parts.values()].every(({ status }) => status === 'ok');
        const service: Part = { status: 'ok', latency_ms: Math.round(performance.now() - started) };
        const body = {
          status: ok ? ('ok' as const) : ('down' as const),
          service,
          database: named('database'),
          storage: named('storage'),
          temporal: named('temporal'),
        };
        return { body, status: ok ? 200 : 503, headers: { 'Cache-Control': 'no-store' } };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/livez',
      operationId: 'getLiveness',
      summary: 'The process runs',
      auth: anyone,
      params: none,
      query: none,
      body: noBody,
      response: stateView,
      status: 200,
      refuses: [],
      handle: () => Promise.resolve({ body: { status: 'ok' as const } }),
    }),
    defineRoute({
      method: 'get',
      path: '/readyz',
      operationId: 'getReadiness',
      summary: 'The process takes requests',
      auth: anyone,
      params: none,
      query: none,
      body: noBody,
      response: stateView,
      status: 200,
      alsoStatus: [503],
      refuses: [],
      handle: () =>
        Promise.resolve(
          accepting() ? { body: { status: 'ok' as const } } : { body: { status: 'draining' as const }, status: 503 },
        ),
    }),
  ];
}

async function probe({ ping }: Dependency): Promise<Part> {
  const started = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error('timeout'));
    }, TIMEOUT_MS);
  });
  try {
    await Promise.race([ping(), late]);
    return { status: 'ok', latency_ms: Math.round(performance.now() - started) };
  } catch {
    return { status: 'down', latency_ms: Math.round(performance.now() - started) };
  } finally {
    clearTimeout(timer);
  }
}
