import type { Database } from '../db/database.js';
import { countUsage } from './store.js';

/** Counts API calls in memory and writes them down every few seconds: a call must not cost a write. */
export interface CallMeter {
  count(orgId: string): void;
  /** Writes down what was counted so far. */
  flush(): Promise<void>;
  /** Writes down the rest and stops; a process that is killed loses at most the last few seconds of calls. */
  close(): Promise<void>;
}

const FLUSH_MS = 5000;

export function createCallMeter(database: Database, onError: (error: unknown) => void): CallMeter {
  let counted = new Map<string, number>();
  let flushing: Promise<void> = Promise.resolve();
  const write = async (): Promise<void> => {
    const batch = counted;
    counted = new Map();
    for (const [orgId, calls] of batch) {
      try {
        await database.tenant(orgId, (tenant) => countUsage(tenant, 'api_calls', calls));
      } catch (error) {
        counted.set(orgId, (counted.get(orgId) ?? 0) + calls);
        onError(error);
      }
    }
  };
  const flush = (): Promise<void> => {
    flushing = flushing.then(write);
    return flushing;
  };
  const timer = setInterval(() => void flush(), FLUSH_MS);
  timer.unref();
  return {
    count: (orgId) => counted.set(orgId, (counted.get(orgId) ?? 0) + 1),
    flush,
    close() {
      clearInterval(timer);
      return flush();
    },
  };
}
