import { spawnSync } from 'node:child_process';
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { goTool } from '../../scripts/stack/go-tool.js';
import { createNursery, eventually, freePort, type Running } from '../../scripts/stack/processes.js';
import { cosignerVkey } from '../../src/ledger/cosignature.js';

/** A real witness that others wrote: litewitness, with a key that an agent of ours holds for it. */
export interface RealWitness {
  readonly vkey: string;
  readonly url: string;
  /** Tells it about a log and one of the log's keys. */
  know(origin: string, vkey: string): void;
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

export async function startWitness(name: string): Promise<RealWitness> {
  const binary = goTool('A witness', 'filippo.io/torchwood/cmd/litewitness', 'v0.9.0');
  const folder = mkdtempSync(join(tmpdir(), 'dc-witness-'));
  const nursery = createNursery(folder);
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(12);
  const socket = join(folder, 'agent');
  const agent = await startAgent(socket, privateKey, raw);
  const port = await freePort();
  const [database, listen] = [join(folder, 'witness.db'), `127.0.0.1:${String(port)}`];
  const fingerprint = `SHA256:${createHash('sha256').update(wireKey(raw)).digest('base64').replace(/=+$/, '')}`;
  const url = `http://${listen}`;
  let running: Running | undefined;
  const start = async (): Promise<void> => {
    const flags = ['-name', name, '-db', database, '-ssh-agent', socket, '-listen', listen, '-key', fingerprint];
    running = nursery.run('litewitness', binary, flags);
    await eventually('litewitness', 10_000, () => fetch(url));
  };
  await start();
  return {
    url,
    vkey: cosignerVkey({ name, type: 'ed25519', publicKey: raw }),
    start,
    stop: async () => running?.kill(),
    know(origin, vkey) {
      const empty = createHash('sha256').digest('base64');
      const script = `import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("insert or ignore into log (origin, tree_size, tree_hash) values (?, 0, ?)", (sys.argv[2], sys.argv[4]))
db.execute("insert into key (origin, key) values (?, ?)", (sys.argv[2], sys.argv[3]))
db.commit()`;
      const { status, stderr } = spawnSync('python3', ['-c', script, database, origin, vkey, empty], {
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(`the witness was not told: ${stderr}`);
    },
    async close() {
      await nursery.close();
      agent.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const text = (bytes: Buffer | string): Buffer => {
  const content = Buffer.from(bytes);
  return Buffer.concat([uint32(content.length), content]);
};
const wireKey = (raw: Buffer): Buffer => Buffer.concat([text('ssh-ed25519'), text(raw)]);

/** The two messages of the SSH agent protocol that a witness sends: which keys are there, and sign this. */
async function startAgent(path: string, privateKey: KeyObject, raw: Buffer): Promise<Server> {
  const answer = (message: Buffer): Buffer => {
    if (message[0] === 11) return Buffer.concat([Buffer.from([12]), uint32(1), text(wireKey(raw)), text('witness')]);
    const keyEnd = 5 + message.readUInt32BE(1);
    const data = message.subarray(keyEnd + 4, keyEnd + 4 + message.readUInt32BE(keyEnd));
    const signature = Buffer.concat([text('ssh-ed25519'), text(sign(null, data, privateKey))]);
    return Buffer.concat([Buffer.from([14]), text(signature)]);
  };
  const server = createServer((socket) => {
    let buffer = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      buffer = Buffer.concat([buffer, chunk]);
      while (buffer.length >= 4 && buffer.length >= 4 + buffer.readUInt32BE()) {
        const end = 4 + buffer.readUInt32BE();
        socket.write(text(answer(buffer.subarray(4, end))));
        buffer = buffer.subarray(end);
      }
    });
    socket.on('error', () => undefined);
  });
  server.listen(path);
  await once(server, 'listening');
  return server;
}
