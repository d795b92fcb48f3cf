import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';

/** An answer of the runner protocol. */
export interface ServerAnswer {
  readonly status: number;
  readonly json: unknown;
  /** What the runner is to do besides; "continue" where the answer says nothing. */
  readonly directive: string;
}
/** The runner's side of the protocol over HTTP. Every call of it may be repeated, so an outage is waited out. */
export interface CookServer {
  post(path: string, body: object): Promise<ServerAnswer>;
  put(url: string, headers: Readonly<Record<string, string>>, bytes: Uint8Array): Promise<void>;
}

const TRIES = 8;
const FIRST_PAUSE_MS = 250;
const told = z.looseObject({ directive: z.string() });

export function createCookServer(base: string, key: string): CookServer {
  const once = async (path: string, body: object): Promise<ServerAnswer | undefined> => {
    try {
      const answer = await fetch(base + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      if (answer.status === 429 || answer.status >= 500) return undefined;
      const json: unknown = answer.status === 204 ? {} : await answer.json();
      return { status: answer.status, json, directive: told.safeParse(json).data?.directive ?? 'continue' };
    } catch {
      return undefined;
    }
  };
  return {
    async post(path, body) {
      for (let attempt = 0; attempt < TRIES; attempt += 1) {
        const answer = await once(path, body);
        if (answer) return answer;
        await pause(FIRST_PAUSE_MS * 2 ** attempt);
      }
      throw new Error(`no answer from ${path}`);
    },
    async put(url, headers, bytes) {
      const answer = await fetch(url, { method: 'PUT', headers, body: bytes.slice() });
      if (!answer.ok) throw new Error(`the upload was answered with ${String(answer.status)}`);
    },
  };
}
