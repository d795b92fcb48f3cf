import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';

export interface ReceivedLetter {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
/** Somebody's webhook receiver: keeps what came, and answers as it is told. */
export interface Receiver {
  readonly url: string;
  readonly letters: readonly ReceivedLetter[];
  /** How the next letters are answered: a status, a status with a place to go to, or not at all. */
  answer(how: (letter: ReceivedLetter) => number | 'never' | { readonly redirect: string }): void;
  close(): void;
}

export async function openReceiver(): Promise<Receiver> {
  const letters: ReceivedLetter[] = [];
  let answer: Parameters<Receiver['answer']>[0] = () => 204;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const letter = {
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      letters.push(letter);
      const how = answer(letter);
      if (how === 'never') return;
      if (typeof how === 'number') response.writeHead(how).end();
      else response.writeHead(302, { location: how.redirect }).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the receiver has no port');
  return {
    url: `http://127.0.0.1:${String(bound.port)}`,
    letters,
    answer(how) {
      answer = how;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
