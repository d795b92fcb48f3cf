import { raw } from 'objection';
import type { Outsider, System, Tenant } from '../db/database.js';
import { newId } from '../db/new-id.js';
import { OutboxRow } from './model.js';
import type { MailTemplate } from './templates.js';

/** A mail that is owed: ids and a template, no token and no text, so that the table holds no link that works. */
export interface OwedMail {
  readonly id: string;
  readonly template: MailTemplate;
  readonly recipient: string;
  readonly params: Readonly<Record<string, string>>;
  readonly createdAt: Date;
}

/** Owes a mail in the transaction of its cause. Safe to repeat: one row per dedupe key. */
export async function enqueueMail(
  scope: Outsider | Tenant,
  mail: {
    readonly dedupeKey: string;
    readonly template: MailTemplate;
    readonly recipient: string;
    readonly params: Readonly<Record<string, string>>;
    /** Writes the same row as if it were owed, and sends nothing: so that an unknown address takes as long. */
    readonly isSuppressed?: boolean;
  },
): Promise<void> {
  const orgId = 'orgId' in scope ? scope.orgId : null;
  const { isSuppressed = false, ...owed } = mail;
  await OutboxRow.query(scope.trx)
    .insert({
      id: newId('mail'),
      orgId,
      ...owed,
      params: { ...owed.params },
      sentAt: isSuppressed ? raw('now()') : null,
    })
    .onConflict('dedupe_key')
    .ignore();
  await scope.trx.raw('notify outbox');
}

/** Mails not sent yet whose time has come; SKIP LOCKED lets two senders share the work. */
export async function takeDueMail(system: System): Promise<OwedMail | undefined> {
  const row = await OutboxRow.query(system.trx)
    .whereNull('sentAt')
    .where('dueAt', '<=', raw('now()'))
    .orderBy('dueAt')
    .first()
    .forUpdate()
    .skipLocked();
  return row && toOwed(row);
}

export async function markSent(system: System, id: string): Promise<void> {
  await OutboxRow.query(system.trx)
    .where({ id })
    .patch({ sentAt: raw('now()') });
}

/** Puts a mail off after a failure: 5 s, doubling, at most an hour. */
export async function postpone(system: System, id: string, error: string): Promise<void> {
  await system.trx.raw(
    `update outbox set attempts = attempts + 1, last_error = ?, due_at = now() + least(interval '1 hour', interval '5 seconds' * power(2, attempts)) where id = ?`,
    [error.slice(0, 200), id],
  );
}

/** The newest mails, for the development mailbox. */
export async function listRecentMail(system: System, recipient: string | undefined): Promise<readonly OwedMail[]> {
  const rows = await OutboxRow.query(system.trx)
    .where(recipient === undefined ? {} : { recipient })
    .orderBy('createdAt', 'desc')
    .limit(50);
  return rows.map(toOwed);
}

function toOwed({ id, template, recipient, params, createdAt }: OutboxRow): OwedMail {
  return { id, template, recipient, params, createdAt };
}
