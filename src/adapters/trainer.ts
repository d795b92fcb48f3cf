import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';

const saidSchema = z.object({
  log: z.string().optional(),
  progress: z.object({ done: z.number(), total: z.number(), unit: z.string() }).optional(),
  metrics: z.record(z.string(), z.number()).optional(),
  checkpoint: z.unknown().optional(),
  artifact: z.object({ kind: z.string(), path: z.string(), name: z.string(), media_type: z.string() }).optional(),
  result: z.looseObject({}).optional(),
});
/** One line that a trainer says: a line of its log, or something about the job. */
export type Said = z.output<typeof saidSchema>;

/**
 * Runs a training program on a job: it gets a folder with job.json, says one JSON object per line, and is asked to end
 * by SIGTERM. Resolves with its exit code.
 */
export async function runTrainer(
  command: readonly string[],
  job: { readonly folder: string; readonly recipe: unknown; readonly checkpoint: unknown },
  hear: (said: Said) => Promise<void>,
  stop: AbortSignal,
): Promise<number | null> {
  const { folder, recipe, checkpoint } = job;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'job.json'), JSON.stringify({ recipe, checkpoint }));
  const [program = 'false', ...args] = command;
  const child = spawn(program, [...args, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit').then(() => child.exitCode);
  const end = (): void => {
    child.kill('SIGTERM');
  };
  stop.addEventListener('abort', end, { once: true });
  try {
    for await (const line of createInterface({ input: child.stdout })) await hear(read(line));
    return await ended;
  } finally {
    stop.removeEventListener('abort', end);
    child.kill('SIGKILL');
  }
}

/** What is not JSON is a line of the log. */
function read(line: string): Said {
  try {
    return saidSchema.parse(JSON.parse(line));
  } catch {
    return { log: line };
  }
}
