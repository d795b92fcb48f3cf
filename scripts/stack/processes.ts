import { fork, spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { once } from 'node:events';
import { root } from './paths.js';

/** A running process of the stack. */
export interface Running {
  readonly name: string;
  readonly pid: number;
  readonly child: ChildProcess;
  /** Ends it in order; after the grace time, by force. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  kill(): Promise<void>;
  /** Starts the same once more, on the same files and ports, after it has ended. */
  again(): Promise<Running>;
  /** The end of its log, for an error message. */
  tail(): string;
}

/** Starts processes with their logs in files, and sees to it that none outlives this one, even if it is killed. */
export interface Nursery {
  run(name: string, command: string, args: readonly string[], options?: SpawnOptions): Running;
  /** Forks one of our own compiled programs and waits until it reports ready. */
  fork(name: string, script: string, env: NodeJS.ProcessEnv): Promise<Running>;
  /** What runs now. */
  running(): readonly Running[];
  close(): Promise<void>;
}

const GRACE_MS = 30_000;

export function createNursery(logDir: string): Nursery {
  mkdirSync(logDir, { recursive: true });
  const reaper = spawn(process.execPath, [join(root, 'dist', 'scripts', 'stack', 'reaper.js')], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  reaper.unref();
  const running: Running[] = [];
  const adopt = (name: string, child: ChildProcess, log: string, again: () => Promise<Running>): Running => {
    const { pid } = child;
    if (pid === undefined) throw new Error(`${name} could not be started`);
    reaper.stdin.write(`watch ${String(pid)}\n`);
    const gone = new Promise<void>((resolve) => {
      child.once('exit', () => {
        reaper.stdin.write(`forget ${String(pid)}\n`);
        resolve();
      });
    });
    const end = async (signal: NodeJS.Signals): Promise<void> => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const force = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
      child.kill(signal);
      await gone;
      clearTimeout(force);
    };
    const one: Running = {
      name,
      pid,
      child,
      stop: (signal = 'SIGTERM') => end(signal),
      kill: () => end('SIGKILL'),
      again,
      tail: () => readFileSync(log, 'utf8').slice(-2000),
    };
    running.push(one);
    return one;
  };
  const run: Nursery['run'] = (name, command, args, options = {}) => {
    const log = join(logDir, `${name}.log`);
    const file = openSync(log, 'a');
    const child = spawn(command, [...args], { ...options, stdio: ['ignore', file, file] });
    child.on('error', () => undefined);
    closeSync(file);
    return adopt(name, child, log, () => Promise.resolve(run(name, command, args, options)));
  };
  const forkOwn: Nursery['fork'] = async (name, script, env) => {
    const log = join(logDir, `${name}.log`);
    const file = openSync(log, 'a');
    const child = fork(script, { env: { ...env, EXIT_WITH_PARENT: '1' }, stdio: ['pipe', file, file, 'ipc'] });
    closeSync(file);
    const one = adopt(name, child, log, () => forkOwn(name, script, env));
    const ready = await Promise.race([once(child, 'message').then(() => true), once(child, 'exit').then(() => false)]);
    if (!ready) throw new Error(`${name} did not start:\n${one.tail()}`);
    return one;
  };
  return {
    run,
    fork: forkOwn,
    running: () => running.filter(({ child }) => child.exitCode === null && child.signalCode === null),
    async close() {
      for (const one of running.toReversed()) await one.stop();
      reaper.stdin.end();
    },
  };
}

/** A port that is free now. */
export async function freePort(preferred = 0): Promise<number> {
  const server = createServer();
  try {
    server.listen(preferred, '127.0.0.1');
    await once(server, 'listening');
  } catch (error) {
    if (preferred === 0) throw error;
    return freePort();
  }
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('freePort: no address');
  return address.port;
}

/** Asks until the answer is there; fails with the last error after the time is over. */
export async function eventually<T>(what: string, milliseconds: number, ask: () => Promise<T>): Promise<T> {
  const end = Date.now() + milliseconds;
  for (;;) {
    try {
      return await ask();
    } catch (cause) {
      if (Date.now() > end) throw new Error(`${what} did not answer within ${String(milliseconds)} ms`, { cause });
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
