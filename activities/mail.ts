import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { Mailer } from '../src/adapters/mailer.js';
import type { Tokens } from '../src/auth/tokens.js';
import type { Database } from '../src/db/database.js';
import type { Growth } from '../src/db/listen.js';
import { markSent, postpone, takeDueMail } from '../src/mail/store.js';
import { renderMail } from '../src/mail/templates.js';

const TERM_MS = 10 * 60_000;
const IDLE_MS = 5000;

export interface MailActivities {
  runOutbox(): Promise<void>;
}
export interface MailDeps {
  readonly database: Database;
  readonly mailer: Mailer;
  readonly tokens: Tokens;
  readonly publicUrl: string;
  /** Wakes when a mail is owed. */
  readonly owed: Growth;
  readonly termMs?: number;
}

export function createMailActivities({
  database,
  mailer,
  tokens,
  publicUrl,
  owed,
  termMs = TERM_MS,
}: MailDeps): MailActivities {
  /**
   * Sends one mail while its row is locked. Safe to run twice: SKIP LOCKED keeps two senders off one mail; a crash
   * between the carrier's yes and the commit repeats it under the same Message-ID.
   */
  const sendNext = (): Promise<boolean> =>
    database.system(async (system) => {
      const mail = await takeDueMail(system);
      if (!mail) return false;
      const { subject, text } = renderMail(mail.template, mail.params, { publicUrl, tokens });
      try {
        await mailer.send({ id: mail.id, to: mail.recipient, subject, text });
        await markSent(system, mail.id);
      } catch (error) {
        await postpone(system, mail.id, error instanceof Error ? error.name : 'unknown');
      }
      return true;
    });
  return {
    async runOutbox() {
      const end = Date.now() + termMs;
      while (Date.now() < end && !cancellationSignal().aborted) {
        const woken = owed.next(IDLE_MS);
        heartbeat();
        if (!(await sendNext())) await woken;
      }
    },
  };
}
