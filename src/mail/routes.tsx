import { z } from 'zod';
import type { Tokens } from '../auth/tokens.js';
import type { Database } from '../db/database.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { anyone } from '../http/gates.js';
import { page } from '../http/page.js';
import { listRecentMail } from './store.js';
import { renderMail } from './templates.js';

const mailView = z.strictObject({
  id: z.string(),
  to: z.string(),
  subject: z.string(),
  text: z.string(),
  created_at: z.iso.datetime(),
});
const mailboxView = z.strictObject({ data: z.array(mailView) }).meta({ id: 'Mailbox' });
const mailboxQuery = z.strictObject({ to: z.string().max(254).optional() });

/** The development mailbox: every mail that is owed, with its links. The configuration refuses it in production. */
export function mailboxRoutes({
  database,
  tokens,
  publicUrl,
}: {
  database: Database;
  tokens: Tokens;
  publicUrl: string;
}): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/dev/mailbox',
      operationId: 'getMailbox',
      summary: 'The development mailbox',
      auth: anyone,
      params: none,
      query: mailboxQuery,
      body: noBody,
      response: mailboxView,
      status: 200,
      media: ['text/html'],
      refuses: [],
      handle: async ({ query, request }) => {
        const owed = await database.system((system) => listRecentMail(system, query.to?.toLowerCase()));
        const mails = owed.map((mail) => ({
          id: mail.id,
          to: mail.recipient,
          ...renderMail(mail.template, mail.params, { publicUrl, tokens }),
          created_at: mail.createdAt.toISOString(),
        }));
        if (request.accepts(['application/json', 'text/html']) !== 'text/html') return { body: { data: mails } };
        return { media: 'text/html; charset=utf-8', content: page('Development mailbox', <Mailbox mails={mails} />) };
      },
    }),
  ];
}

function Mailbox({ mails }: { readonly mails: readonly z.input<typeof mailView>[] }) {
  return (
    <main>
      <h1>Development mailbox</h1>
      {mails.length === 0 ? <p>No mail yet.</p> : null}
      {mails.map(({ to, subject, text, created_at }) => (
        <section>
          <h2>{subject}</h2>
          <p class="soft">
            to {to}, {created_at}
          </p>
          <pre>{text}</pre>
        </section>
      ))}
    </main>
  );
}
