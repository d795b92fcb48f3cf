import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Call, Played, Scenario } from './scenarios.js';

/** A server that plays one scenario after the other to a runner, and writes down what it heard. */
export interface Stage {
  /** Gives a scenario to the runner that asks next; resolves with what was heard when it is over, or after the limit. */
  play(scenario: Scenario, milliseconds: number): Promise<Played>;
  close(): Promise<void>;
}

const COOK_ID = 'cok_0000000000000000000000000';
const HEARTBEAT_SECONDS = 1;
const bodySchema = z.record(z.string(), z.unknown());
const artifactSchema = z.looseObject({ size: z.number(), sha256: z.string() });

/** Listens where the runner was told to go, and knows only its key. */
export async function openStage(url: string, key: string): Promise<Stage> {
  const { hostname, port, origin } = new URL(url);
  let played: Played | undefined;
  let given = false;
  let scenarios = 0;

  const claimOf = (cookId: string, { recipe, checkpoint }: Scenario): object => ({
    cook: { id: cookId, recipe, recipe_sha256: '0'.repeat(64) },
    attempt: 1,
    lease_token: createHash('sha256').update(cookId).digest('base64url'),
    fence: 1,
    lease_expires_at: new Date(Date.now() + HEARTBEAT_SECONDS * 6000).toISOString(),
    heartbeat_every_s: HEARTBEAT_SECONDS,
    checkpoint: checkpoint ?? null,
    log: { max_chunk_bytes: 256 * 1024, max_bytes: 32 * 1024 * 1024 },
    directive: 'continue',
  });
  const usual = (verb: string, body: Record<string, unknown>, index: number): [number, object] => {
    if (verb === 'artifacts') {
      const grant = { artifact_id: `art_${String(index)}`, method: 'PUT', headers: {}, directive: 'continue' };
      return [201, { ...grant, url: `${origin}/upload/${String(index)}`, expires_at: new Date().toISOString() }];
    }
    if (verb === 'complete') return [200, { accepted_as: 'completed', attempt: 1, directive: 'continue' }];
    if (verb === 'fail') {
      const accepted_as = body['class'] === 'cancelled' ? 'cancelled' : 'failed';
      return [200, { accepted_as, attempt: 1, directive: 'continue' }];
    }
    const lease_expires_at = new Date(Date.now() + HEARTBEAT_SECONDS * 6000).toISOString();
    const state = body['state'] ?? 'running';
    return [200, { directive: 'continue', state, lease_expires_at, next_in_s: HEARTBEAT_SECONDS, log_offset: 0 }];
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const bytes = await readAll(request);
    const path = request.url ?? '';
    const write = (status: number, json?: object, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(json && status !== 204 ? JSON.stringify(json) : undefined);
    };
    const upload = /^\/upload\/(\d+)$/.exec(path)?.[1];
    if (upload !== undefined) {
      if (played) played.uploads.push(checkUpload(played.calls[Number(upload)], bytes));
      write(200);
      return;
    }
    if (request.headers.authorization !== `Bearer ${key}`) {
      if (played) played.strays.push('a call without the runner key as its bearer');
      write(401, { code: 'unauthenticated' });
      return;
    }
    const body = bodySchema.parse(JSON.parse(bytes.toString('utf8')));
    const cookId = COOK_ID + String(scenarios % 10);
    if (path.endsWith('/next') || path.endsWith('/claim')) {
      if (played && given) played.asksAfter.push(Date.now());
      if (!played || given) {
        write(204, undefined, { 'retry-after': '1' });
        return;
      }
      given = true;
      write(200, claimOf(cookId, played.scenario));
      return;
    }
    const verb = path.split('/').at(-1) ?? '';
    if (!played || !path.includes(cookId)) {
      write(409, { code: 'lease_lost', directive: 'continue' });
      return;
    }
    const index = played.calls.length;
    played.calls.push({ verb, body, at: Date.now() });
    const special = played.scenario.answer?.(played.calls, index);
    if (special === 'drop') {
      request.socket.destroy();
      return;
    }
    write(...(special ?? usual(verb, body, index)));
  };
  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  server.listen(Number(port), hostname);
  await once(server, 'listening');
  return {
    async play(scenario, milliseconds) {
      scenarios += 1;
      given = false;
      const mine: Played = { scenario, calls: [], uploads: [], strays: [], asksAfter: [] };
      played = mine;
      const end = Date.now() + milliseconds;
      while (Date.now() < end && !scenario.isOver(mine)) await new Promise((resolve) => setTimeout(resolve, 50));
      played = undefined;
      return mine;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function checkUpload(call: Call | undefined, bytes: Buffer): boolean {
  const declared = artifactSchema.safeParse(call?.body).data;
  return declared?.size === bytes.length && declared.sha256 === createHash('sha256').update(bytes).digest('hex');
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) if (chunk instanceof Buffer) chunks.push(chunk);
  return Buffer.concat(chunks);
}
