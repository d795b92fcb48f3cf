import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { afterEach, expect, test } from '@jest/globals';
import { createWitnessClient } from '../../src/adapters/witness.js';

/** A witness that answers what a test wants and keeps what it was asked: for answers that no real one gives. */
class FakeWitness {
  readonly asked: string[] = [];
  readonly #server: Server;
  private constructor(server: Server) {
    this.#server = server;
  }
  static async answering(status: number, body: string, type: string): Promise<FakeWitness> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        witness.asked.push(`${request.method ?? ''} ${request.url ?? ''}\n${Buffer.concat(chunks).toString()}`);
        response.writeHead(status, { 'content-type': type }).end(body);
      });
    });
    const witness = new FakeWitness(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return witness;
  }
  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the fake witness has no port');
    return `http://127.0.0.1:${String(address.port)}/prefix/`;
  }
  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

let fake: FakeWitness | undefined;
afterEach(() => fake?.close());
const request = { old: 3, proof: [Buffer.alloc(32, 1)], note: 'origin\n5\nroot\n\n— origin sig\n' };
const ask = async (status: number, body: string, type = 'text/plain'): Promise<unknown> => {
  fake = await FakeWitness.answering(status, body, type);
  return createWitnessClient().addCheckpoint(fake.url, request);
};

test('the request is the old size, the proof, an empty line and the checkpoint as it is', async () => {
  expect(await ask(200, '— witness sig\n')).toEqual({ kind: 'cosigned', lines: '— witness sig\n' });
  const proof = `${Buffer.alloc(32, 1).toString('base64')}\n`;
  expect(fake?.asked).toEqual([`POST /prefix/add-checkpoint\nold 3\n${proof}\n${request.note}`]);
});

test('a conflict names the size to go on from', async () => {
  expect(await ask(409, '42\n', 'text/x.tlog.size')).toEqual({ kind: 'conflict', size: 42 });
});

test.each([
  [409, 'roots differ', 'it has seen another tree of the same size'],
  [409, '042\n', 'it has seen another tree of the same size'],
  [400, '', 'it could not read the request'],
  [403, '', 'it does not trust the signature of the log'],
  [404, '', 'it does not know the log'],
  [422, '', 'it does not accept the consistency proof'],
])('%d with %p is a refusal that says why', async (status, body, why) => {
  expect(await ask(status, body)).toEqual({ kind: 'refused', why });
});

test('a witness that is broken or not there is an error, not an answer', async () => {
  await expect(ask(500, '')).rejects.toThrow('answered 500');
  const gone = fake?.url ?? '';
  fake?.close();
  await expect(createWitnessClient().addCheckpoint(gone, request)).rejects.toThrow('fetch failed');
});
