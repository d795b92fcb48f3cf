import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Terminal } from './cli.js';
import { exitCodes, VerifierFault } from './fault.js';
import { continues, fsck, openHead, readHead } from './log.js';
import { asObject, asText, readJson } from './read.js';
import { logSource, readPlace } from './source.js';
import { readTrust } from './trust-files.js';

function read(args: readonly string[], count: number): { places: readonly string[]; trust: string[]; state: string } {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { trust: { type: 'string', multiple: true, default: [] }, state: { type: 'string', default: '' } },
  });
  if (positionals.length !== count) throw new VerifierFault('malformed', `name ${String(count)} place(s)`);
  return { places: positionals, trust: values.trust, state: values.state };
}

/** Recomputes a published log and holds every object against it. */
export async function fsckCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const { places, trust } = read(args, 1);
  const source = logSource(places[0] ?? '');
  const head = await readHead(source, await readTrust(trust));
  const { entries, tiles } = await fsck(source, head);
  terminal.out(
    `${head.origin}: ${String(entries)} entries, ${String(tiles)} objects, root ${head.root.toString('base64')}: ok\n`,
  );
  return exitCodes.ok;
}

/** Copies a log into a folder: every object after it was verified, the checkpoint last. */
export async function mirrorCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const { places, trust } = read(args, 2);
  const [from = '', to = ''] = places;
  const source = logSource(from);
  const head = await readHead(source, await readTrust(trust));
  await fsck(source, head, (path, bytes) => keep(join(to, ...path.split('/')), bytes));
  await keep(join(to, 'checkpoint'), Buffer.from(head.note));
  terminal.out(`${head.origin}: ${String(head.size)} entries mirrored to ${to}\n`);
  return exitCodes.ok;
}

/** Holds a log against what it showed at the last visit, and remembers what it shows now. */
export async function monitorCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const { places, trust: files, state } = read(args, 1);
  if (state === '') throw new VerifierFault('malformed', 'say where to remember the checkpoint: --state FILE');
  const trust = await readTrust(files);
  const source = logSource(places[0] ?? '');
  const now = await readHead(source, trust);
  const known = await readPlace(state);
  if (known) {
    const remembered = asObject(readJson(known.toString('utf8'), 'the state'), 'the state');
    const before = openHead(asText(remembered['checkpoint'], 'checkpoint'), trust);
    if (before.origin !== now.origin)
      throw new VerifierFault('invalid', `this is the log ${now.origin}, not ${before.origin}`);
    await continues(source, before, now);
    terminal.out(
      `${now.origin}: ${String(now.size)} entries, ${String(now.size - before.size)} new, continues what was seen\n`,
    );
  } else terminal.out(`${now.origin}: ${String(now.size)} entries, seen for the first time\n`);
  await keep(state, Buffer.from(`${JSON.stringify({ checkpoint: now.note }, null, 2)}\n`));
  return exitCodes.ok;
}

async function keep(path: string, bytes: Buffer): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  } catch (cause) {
    throw new VerifierFault('io', `${path} could not be written`, { cause });
  }
}
