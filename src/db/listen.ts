import pg from 'pg';

/** Wakes whoever waits for something to happen in Postgres: LISTEN, with a slow poll for a lost notification. */
export interface Growth {
  /** Resolves when the question is answered with yes; asks again at every notification and every second. Throws when aborted. */
  until(question: () => Promise<boolean>, signal: AbortSignal): Promise<void>;
  /** Resolves at the next notification, or after `milliseconds`. */
  next(milliseconds: number): Promise<void>;
  close(): Promise<void>;
}

const POLL_MS = 1000;
const RECONNECT_MS = 1000;

/** Listens on one channel over a connection of its own, reconnecting for ever; a poll covers the gaps. */
export function listen(url: string, channel: string, onError: (error: unknown) => void = () => undefined): Growth {
  const waiting = new Set<() => void>();
  let client: pg.Client | undefined;
  let closed = false;
  let retry: NodeJS.Timeout | undefined;
  const wake = (): void => {
    for (const resume of [...waiting]) resume();
  };
  const connect = async (): Promise<void> => {
    const next = new pg.Client({ connectionString: url, application_name: `listen ${channel}` });
    client = next;
    next.on('notification', wake);
    next.on('error', onError);
    next.on('end', () => {
      if (!closed) retry = setTimeout(() => void attempt(), RECONNECT_MS);
    });
    await next.connect();
    await next.query(`listen ${pg.escapeIdentifier(channel)}`);
  };
  const attempt = async (): Promise<void> => {
    try {
      await connect();
    } catch (error) {
      onError(error);
    }
  };
  void attempt();
  const next = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        waiting.delete(finish);
        resolve();
      };
      const timer = setTimeout(finish, milliseconds);
      waiting.add(finish);
    });
  return {
    next,
    async until(question, signal) {
      for (;;) {
        signal.throwIfAborted();
        const woken = next(POLL_MS);
        if (await question()) return;
        await woken;
      }
    },
    async close() {
      closed = true;
      clearTimeout(retry);
      wake();
      await client?.end();
    },
  };
}
