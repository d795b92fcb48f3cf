import { createContext, Script } from 'node:vm';
import { isObject } from './expression/value.js';

const script = new Script('run()');

/**
 * Runs a function and stops it after a time, even in an endless loop: the engine's last line of defence, for what has
 * no bound of its own. Only our own functions run; the context is a stop-watch here, not a sandbox.
 */
export function within<T>(milliseconds: number, what: string, run: () => T): T {
  let result: { readonly value: T } | undefined;
  const context = createContext({
    run: () => {
      result = { value: run() };
    },
  });
  try {
    script.runInContext(context, { timeout: milliseconds });
  } catch (error) {
    if (isObject(error) && error['code'] === 'ERR_SCRIPT_EXECUTION_TIMEOUT') {
      throw new Error(`${what} takes longer than ${String(milliseconds)} ms`, { cause: error });
    }
    throw error;
  }
  if (!result) throw new Error('within: the function did not run');
  return result.value;
}
