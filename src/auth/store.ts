import { raw } from 'objection';
import type { Outsider, Tenant } from '../db/database.js';
import { newId } from '../db/new-id.js';
import { Refusal } from '../kernel/refusals.js';
import { MagicLinkRow, UserRow } from './model.js';

export interface User {
  readonly id: string;
  readonly email: string;
  readonly displayName: string;
}

const toUser = ({ id, email, displayName }: UserRow): User => ({ id, email, displayName });

/** Makes a link for an address and voids the ones before it; the newest is the only one that works. */
export async function replaceLink(
  outsider: Outsider,
  link: { id: string; email: string; tokenHash: string; codeHash: string; minutes: number },
): Promise<void> {
  const { id, email, tokenHash, codeHash, minutes } = link;
  await MagicLinkRow.query(outsider.trx)
    .where({ email })
    .whereNull('usedAt')
    .whereNull('voidedAt')
    .patch({ voidedAt: raw('now()') });
  await outsider.trx.raw(
    `insert into magic_links (id, email, token_hash, code_hash, expires_at)
     values (?, ?, ?, ?, now() + make_interval(mins => ?))`,
    [id, email, tokenHash, codeHash, minutes],
  );
}

/**
 * Consumes a link and returns the address it was sent to. One conditional UPDATE decides, so that of any number of
 * parallel calls one wins.
 */
export async function consumeLink(outsider: Outsider, tokenHash: string): Promise<string> {
  const consumed = await MagicLinkRow.query(outsider.trx)
    .where({ tokenHash })
    .whereNull('usedAt')
    .whereNull('voidedAt')
    .where('expiresAt', '>', raw('now()'))
    .patch({ usedAt: raw('now()') })
    .returning('email');
  const winner = consumed[0];
  if (winner) return winner.email;
  const link = await MagicLinkRow.query(outsider.trx).findOne({ tokenHash });
  if (!link) throw new Refusal('invalid_token', 'This sign-in token was not issued here.');
  if (link.usedAt) throw new Refusal('link_used', 'This sign-in link was used before.');
  throw new Refusal(
    'link_expired',
    link.voidedAt ? 'A newer sign-in link replaced this one.' : 'This sign-in link expired.',
  );
}

/** Wrong codes that a link bears before only its token works. */
const CODE_ATTEMPTS = 5;

/**
 * Consumes the live link of an address by its six-digit code. The row is locked, so parallel guesses count one by one;
 * the answer is a value because a wrong guess must be committed.
 */
export async function consumeCode(outsider: Outsider, email: string, codeHash: string): Promise<boolean> {
  const link = await MagicLinkRow.query(outsider.trx)
    .where({ email })
    .whereNull('usedAt')
    .whereNull('voidedAt')
    .where('expiresAt', '>', raw('now()'))
    .first()
    .forUpdate();
  if (!link || link.codeAttempts >= CODE_ATTEMPTS) return false;
  const isRight = link.codeHash === codeHash;
  const change = isRight ? { usedAt: raw('now()') } : { codeAttempts: link.codeAttempts + 1 };
  await MagicLinkRow.query(outsider.trx).where({ id: link.id }).patch(change);
  return isRight;
}

export async function findUserByEmail(outsider: Outsider, email: string): Promise<User | undefined> {
  const row = await UserRow.query(outsider.trx).findOne({ email });
  return row && toUser(row);
}

/** The user with this address, made if new. Safe to repeat: the unique address turns a second insert into a read. */
export async function ensureUser(scope: Outsider | Tenant, email: string, displayName: string): Promise<User> {
  await UserRow.query(scope.trx)
    .insert({ id: newId('user'), email, displayName })
    .onConflict('email')
    .ignore();
  return toUser(await UserRow.query(scope.trx).findOne({ email }).throwIfNotFound());
}

export async function requireUser(scope: Outsider | Tenant, id: string): Promise<User> {
  return toUser(await UserRow.query(scope.trx).findById(id).throwIfNotFound());
}
