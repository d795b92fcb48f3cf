import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { SMTPServer } from 'smtp-server';
import { createMailActivities } from '../../activities/mail.js';
import { createSmtpMailer } from '../../src/adapters/mailer.js';
import { createTokens } from '../../src/auth/tokens.js';
import { openDatabase, type Database } from '../../src/db/database.js';
import { listen, type Growth } from '../../src/db/listen.js';
import { enqueueMail } from '../../src/mail/store.js';
import { cloneDatabase, type ClonedDatabase } from '../rig/database.js';

let clone: ClonedDatabase;
let database: Database;
let owed: Growth;
const received: string[] = [];
let refuse = false;
const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS', 'AUTH'],
  onData(stream, _session, done) {
    let text = '';
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    stream.on('end', () => {
      if (!refuse) received.push(text.replaceAll('=\r\n', ''));
      done(refuse ? new Error('try later') : null);
    });
  },
});

beforeAll(async () => {
  clone = await cloneDatabase();
  database = openDatabase(clone.url, 4);
  owed = listen(clone.url, 'outbox');
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
});
afterAll(async () => {
  server.close();
  await owed.close();
  await database.close();
  await clone.drop();
});

function sendFor(milliseconds: number): Promise<void> {
  const address = server.server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const mailer = createSmtpMailer(`smtp://127.0.0.1:${String(address.port)}`, 'no-reply@example.test', 'example.test');
  const tokens = createTokens(randomBytes(32).toString('base64'));
  const activities = createMailActivities({
    database,
    mailer,
    tokens,
    publicUrl: 'https://a.example',
    owed,
    termMs: milliseconds,
  });
  return new MockActivityEnvironment().run(() => activities.runOutbox());
}
const owe = (key: string): Promise<void> =>
  database.outsider({}, (outsider) =>
    enqueueMail(outsider, {
      dedupeKey: key,
      template: 'sign_in',
      recipient: 'a@example.test',
      params: { link_id: key },
    }),
  );

test('an owed mail is sent once, however often it is owed and however many senders there are', async () => {
  await owe('one');
  await owe('one');
  await Promise.all([sendFor(300), sendFor(300)]);
  expect(received).toHaveLength(1);
  expect(received[0]).toMatch(/https:..a.example.auth.verify.token=/);
  expect(received[0]).toMatch(/Message-ID: <mal_/i);
});

test('a mail the carrier refuses stays owed, is put off, and is sent when the carrier takes it', async () => {
  refuse = true;
  await owe('two');
  await sendFor(200);
  const rows: unknown = await database.system(({ trx }) => trx('outbox').where({ dedupeKey: 'two' }));
  expect(rows).toMatchObject([{ attempts: 1, sentAt: null }]);
  refuse = false;
  const before = received.length;
  await database.system(({ trx }) =>
    trx('outbox')
      .where({ dedupeKey: 'two' })
      .update({ dueAt: new Date(0) }),
  );
  await sendFor(200);
  expect(received).toHaveLength(before + 1);
});
