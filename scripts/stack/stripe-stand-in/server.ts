import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { answerCall, failure, readCall, type Answered } from './api.js';
import { createDeliveries, type Deliveries } from './deliveries.js';
import { parseForm, textOf } from './form.js';
import { emptyBooks, type Books, type World } from './objects.js';
import { payPage, portalPage } from './pages.js';
import { createWorld } from './world.js';

/** A stand-in for Stripe on this machine, for development and tests: no money, no account, no card. */
export interface StripeStandIn {
  readonly base: string;
  readonly world: World;
  readonly deliveries: Deliveries;
  /** Answers the next calls of the API with a status, or never. */
  fail(how: 429 | 500 | 'hang', times: number): void;
  close(): Promise<void>;
}
export interface StandInOptions {
  readonly port: number;
  readonly webhookUrl: string;
  readonly webhookSecret: string;
  /** Keeps the books here between two starts. */
  readonly file?: string;
}

const booksSchema = z.custom<Books>((value) => z.object({ events: z.array(z.unknown()) }).safeParse(value).success);
const outcomes = z.enum(['paid', 'bank_debit', 'free', 'declined', 'cancelled']);

export async function startStripeStandIn(options: StandInOptions): Promise<StripeStandIn> {
  const { file, webhookUrl: url, webhookSecret: secret } = options;
  const books =
    file !== undefined && existsSync(file) ? booksSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) : emptyBooks();
  const deliveries = createDeliveries({ url, secret });
  const world = createWorld(
    (event) => {
      deliveries.take(event);
    },
    { books },
  );
  const faults: (429 | 500 | 'hang')[] = [];
  const repeats = new Map<string, { readonly body: string; readonly answer: Answered }>();
  const api = (request: IncomingMessage, path: string, body: string): Answered | undefined => {
    const fault = faults.shift();
    if (fault === 'hang') return undefined;
    if (fault !== undefined) return failure(fault, 'planted', 'A planted failure');
    const key = request.headers['idempotency-key'];
    const earlier = typeof key === 'string' ? repeats.get(key) : undefined;
    if (earlier)
      return earlier.body === body ? earlier.answer : failure(400, 'idempotency_error', 'Same key, other parameters');
    const answer = answerCall(world, base, readCall(request.method ?? '', path, body));
    if (typeof key === 'string' && request.method === 'POST' && answer.status < 400)
      repeats.set(key, { body, answer: structuredClone(answer) });
    return answer;
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, search } = new URL(request.url ?? '/', base);
    const body = request.method === 'GET' || request.method === 'DELETE' ? search.slice(1) : await textOfBody(request);
    if (pathname.startsWith('/v1/')) {
      const answer = api(request, pathname, body);
      if (answer) send(response, answer);
    } else if (pathname.startsWith('/control/')) {
      send(response, control(world, pathname.slice('/control/'.length), parseForm(body)));
    } else {
      browse(world, { method: request.method ?? '', pathname, search, body }, response);
    }
    if (file !== undefined) writeFileSync(file, JSON.stringify(world.books));
  };
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      send(response, failure(400, 'invalid_request', error instanceof Error ? error.message : 'unknown'));
    });
  });
  server.listen(options.port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('startStripeStandIn: no address');
  const base = `http://127.0.0.1:${String(address.port)}`;
  return {
    base,
    world,
    deliveries,
    fail(how, times) {
      for (let count = 0; count < times; count += 1) faults.push(how);
    },
    async close() {
      deliveries.close();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function send(response: ServerResponse, { status, body }: Answered): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

async function textOfBody(request: IncomingMessage): Promise<string> {
  let text = '';
  request.setEncoding('utf8');
  for await (const part of request) text += String(part);
  return text;
}

/** What a person at the terminal moves: the clock, failing cards, bank debits, disputes. */
function control(world: World, what: string, form: ReturnType<typeof parseForm>): Answered {
  const id = textOf(form, 'id') ?? '';
  const yes = textOf(form, 'value') !== 'false';
  const moves: Readonly<Record<string, () => unknown>> = {
    advance: () => {
      world.advance(Number(textOf(form, 'seconds') ?? '0'));
    },
    failing: () => {
      world.setFailing(id, yes);
    },
    settle: () => {
      world.settle(id, yes);
    },
    refund: () => {
      world.refund(id);
    },
    dispute: () => world.dispute(id),
    close_dispute: () => {
      world.closeDispute(id, yes);
    },
    delete_customer: () => {
      world.deleteCustomer(id);
    },
  };
  const move = moves[what];
  if (!move) return failure(404, 'unknown_url', `Moves: ${Object.keys(moves).join(', ')}`);
  return { status: 200, body: { done: what, result: move() ?? null, now: world.now() } };
}

interface Visit {
  readonly method: string;
  readonly pathname: string;
  readonly search: string;
  readonly body: string;
}

function browse(world: World, { method, pathname, search, body }: Visit, response: ServerResponse): void {
  const [, room, id = ''] = pathname.split('/');
  const html = (text: string): void => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end(text);
  };
  const go = (location: string): void => {
    response.writeHead(303, { location });
    response.end();
  };
  const session = world.books.sessions.find((one) => one.id === id);
  if (room === 'pay' && session) {
    if (method === 'GET') {
      html(payPage(session));
      return;
    }
    const outcome = outcomes.parse(textOf(parseForm(body), 'outcome'));
    world.leave(id, outcome);
    if (outcome === 'declined') html(payPage(session));
    else if (outcome === 'cancelled') go(session.cancel_url);
    else go(session.success_url.replace('{CHECKOUT_SESSION_ID}', id));
    return;
  }
  const subscriptions = world.books.subscriptions.filter(
    ({ customer, status }) => customer === id && status !== 'canceled',
  );
  if (room === 'portal') {
    const chosen = textOf(parseForm(search.slice(1)), 'subscription');
    if (method === 'POST' && chosen !== undefined)
      world.setCancelAtPeriodEnd(chosen, textOf(parseForm(body), 'change') === 'cancel');
    html(portalPage(id, subscriptions));
    return;
  }
  send(response, failure(404, 'unknown_url', 'There is nothing at this path'));
}
