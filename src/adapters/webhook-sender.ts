import { request as overHttp } from 'node:http';
import { request as overHttps, type RequestOptions } from 'node:https';
import { performance } from 'node:perf_hooks';
import { useAgent } from 'request-filtering-agent';
import { Webhook } from 'standardwebhooks';

export interface WebhookLetter {
  readonly url: string;
  /** The same at each try, so that a receiver drops a repetition. */
  readonly id: string;
  readonly body: string;
  /** Present first; each signs. */
  readonly secrets: readonly string[];
}
/** What a try came to: a status, or a word for why there was none. */
export interface WebhookAnswer {
  readonly status: number | null;
  readonly error: string | null;
  readonly durationMs: number;
}
export interface WebhookSender {
  send(letter: WebhookLetter): Promise<WebhookAnswer>;
  /** What is wrong with an address, as far as it shows without a look into DNS. */
  faultOf(url: string): string | undefined;
}

const DEADLINE_MS = 10_000;

/**
 * Sends by the Standard Webhooks specification: HMAC-SHA-256 over id, time and body. Follows no redirect, and connects to
 * public addresses alone, whatever DNS says; `allowed` are addresses and networks that are exempt.
 */
export function createWebhookSender({
  allowed,
  deadlineMs = DEADLINE_MS,
}: {
  readonly allowed: readonly string[];
  readonly deadlineMs?: number;
}): WebhookSender {
  const guard = { allowIPAddressList: [...allowed], keepAlive: false };
  return {
    faultOf(text) {
      const { protocol, hostname, username, password } = new URL(text);
      if (username !== '' || password !== '') return 'carries a user or a password';
      if (protocol !== 'https:' && !allowed.includes(hostname)) return 'is not https';
      return undefined;
    },
    async send({ url, id, body, secrets }) {
      const at = new Date();
      const begun = performance.now();
      const signature = secrets.map((secret) => new Webhook(secret).sign(id, at, body)).join(' ');
      const headers = {
        'content-type': 'application/json',
        'user-agent': 'DefendableCloud-Webhooks/1',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
        'webhook-signature': signature,
        'content-length': Buffer.byteLength(body),
      };
      const signal = AbortSignal.timeout(deadlineMs);
      const answered = await post(url, { method: 'POST', headers, signal, agent: useAgent(url, guard) }, body);
      return { ...answered, durationMs: Math.round(performance.now() - begun) };
    },
  };
}

function post(url: string, options: RequestOptions, body: string): Promise<Pick<WebhookAnswer, 'status' | 'error'>> {
  const { request } = url.startsWith('https:') ? { request: overHttps } : { request: overHttp };
  return new Promise((resolve) => {
    const settle = (status: number | null, error: string | null): void => {
      resolve({ status, error });
    };
    const sent = request(url, options, (response) => {
      const { statusCode = 0 } = response;
      settle(statusCode, statusCode >= 300 && statusCode < 400 ? 'redirects are not followed' : null);
      response.destroy();
    });
    sent.on('error', (error) => {
      settle(null, reasonOf(error));
    });
    sent.end(body);
  });
}

/** A word for the log of deliveries; never the text of the error, which may tell of the network we stand in. */
function reasonOf(error: Error): string {
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return 'timeout';
  if (error.message.includes('not allowed')) return 'private_address';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
  return code.toLowerCase();
}
