import { readdirSync, readFileSync } from 'node:fs';
import type { Nursery } from './processes.js';

/** What one part of the stack, with all its child processes, has used so far. */
export interface Usage {
  readonly cpuSeconds: number;
  /** Proportional set size: memory shared between processes counts once. */
  readonly memoryBytes: number;
}

const TICKS_PER_SECOND = 100;

interface Process {
  readonly parent: number;
  readonly ticks: number;
}

/** Reads Linux's /proc; on other systems there is nothing to read and the answer is empty. */
export function usageOf(nursery: Nursery): ReadonlyMap<string, Usage> {
  const processes = readProcesses();
  const inTree = (pid: number, root: number): boolean => {
    const parent = processes.get(pid)?.parent;
    return pid === root || (parent !== undefined && parent > 1 && inTree(parent, root));
  };
  const usages = new Map<string, Usage>();
  for (const { name, pid: root } of nursery.running()) {
    const pids = [...processes.keys()].filter((pid) => inTree(pid, root));
    const earlier = usages.get(name) ?? { cpuSeconds: 0, memoryBytes: 0 };
    usages.set(name, {
      cpuSeconds:
        earlier.cpuSeconds + pids.reduce((sum, pid) => sum + (processes.get(pid)?.ticks ?? 0), 0) / TICKS_PER_SECOND,
      memoryBytes: earlier.memoryBytes + pids.reduce((sum, pid) => sum + memoryOf(pid), 0),
    });
  }
  return usages;
}

function readProcesses(): ReadonlyMap<number, Process> {
  const processes = new Map<number, Process>();
  for (const name of readText(() => readdirSync('/proc').join('\n')).split('\n')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readText(() => readFileSync(`/proc/${name}/stat`, 'utf8'));
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index] ?? 0), 0);
    processes.set(Number(name), { parent: Number(fields[1] ?? 0), ticks });
  }
  return processes;
}

function memoryOf(pid: number): number {
  const shared = /^Pss:\s+(\d+) kB/m.exec(readText(() => readFileSync(`/proc/${String(pid)}/smaps_rollup`, 'utf8')));
  const resident = /^VmRSS:\s+(\d+) kB/m.exec(readText(() => readFileSync(`/proc/${String(pid)}/status`, 'utf8')));
  return Number((shared ?? resident)?.[1] ?? 0) * 1024;
}

/** A process may end while it is looked at. */
function readText(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
