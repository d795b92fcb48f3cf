import { createInterface } from 'node:readline';

/** Outlives its parent by a few seconds: when the parent's pipe closes, ends every process it was told of. */
const pids = new Set<number>();
const signal = (name: NodeJS.Signals): void => {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      pids.delete(pid);
    }
  }
};

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => undefined);
for await (const line of createInterface({ input: process.stdin })) {
  const [verb, pid] = line.split(' ');
  if (verb === 'watch') pids.add(Number(pid));
  if (verb === 'forget') pids.delete(Number(pid));
}
signal('SIGTERM');
for (let i = 0; i < 50 && pids.size > 0; i += 1) {
  await new Promise((resolve) => setTimeout(resolve, 100));
  for (const pid of [...pids]) {
    try {
      process.kill(pid, 0);
    } catch {
      pids.delete(pid);
    }
  }
}
signal('SIGKILL');
