import type { Tenant } from '../db/database.js';
import { newId } from '../db/new-id.js';
import { canonicalJson } from '../kernel/canonical-json.js';
import { Refusal } from '../kernel/refusals.js';
import { sandboxLogId } from '../ledger/sandbox-log.js';
import { findHead, queueLeaf } from '../ledger/store.js';
import { findOrg, type Org } from '../orgs/store.js';
import { countUsage } from '../usage/store.js';
import { createCommitments, type Commitments } from './disclosures.js';
import type { ReceiptKind } from './kinds/kind.js';
import type { ReceiptSigner } from './sign.js';
import { findReceiptFor, findReceiptOf, insertReceipt, insertToken, lockSequence, type Receipt } from './store.js';

/** in-toto Statement v1. */
const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
const REDACTION_POLICY = 'https://defendablecloud.com/redaction/v1';

export interface MintDeps {
  readonly signer: ReceiptSigner;
  readonly logId: string;
}
export interface MintRequest<F> {
  readonly subjectId: string;
  /**
   * What about the subject is receipted: one receipt for each occasion, however often it is asked for. A second
   * occasion of a subject is its next revision, and says which receipt it supersedes.
   */
  readonly occasion?: string;
  readonly now: Date;
  /** Read under the organization's sequence lock, and only if the receipt is not there yet. */
  readonly facts: () => Promise<F>;
}

/**
 * Mints a receipt inside the caller's transaction: takes the next place in the organization's sequence, signs once,
 * and keeps the signature, the disclosures and the pending leaf before anything else sees them. Safe to retry: the
 * sequence lock orders mints, and a receipt that is there for the occasion is handed back as it is. The leaf is
 * integrated after the commit; see proveReceipt. What a sandbox mints says so, under keys and in a log of its own.
 */
export async function mintReceipt<F>(
  tenant: Tenant,
  deps: MintDeps,
  kind: ReceiptKind<F>,
  { subjectId, occasion = 'final', now, facts }: MintRequest<F>,
): Promise<{ readonly receipt: Receipt; readonly isNew: boolean }> {
  const sequence = await lockSequence(tenant);
  const existing = await findReceiptFor(tenant, { kind: kind.kind, subjectId, occasion });
  if (existing) return { receipt: existing, isNew: false };
  const org = await findOrg(tenant);
  const sandbox = org.sandboxOf !== null;
  const [signer, logId] = sandbox ? [deps.signer.sandbox, sandboxLogId(deps.logId)] : [deps.signer, deps.logId];
  const head = await findHead(tenant.trx, logId);
  if (head?.pausedReason !== null) throw new Refusal('ledger_paused', 'The ledger takes no new entries now.');
  const earlier = await findReceiptOf(tenant, kind.kind, subjectId);
  const place = {
    id: newId('receipt'),
    kind: kind.kind,
    subjectId,
    occasion,
    revision: (earlier?.revision ?? 0) + 1,
    seq: sequence.seq + 1,
    prev: sequence.digest,
    issuedAt: now,
  };
  const commitments = createCommitments();
  const statement = statementOf(kind, await facts(), { ...place, org, earlier }, commitments);
  const { predicate } = statement;
  const signed = signer.sign(Buffer.from(canonicalJson(statement)));
  const receipt = await insertReceipt(tenant, {
    ...place,
    keyId: signer.keyId,
    signed,
    disclosures: commitments.all,
  });
  const claims = {
    ...predicate,
    _sd_alg: 'sha-256',
    iss: logId,
    iat: Math.floor(now.getTime() / 1000),
    vct: kind.predicateType,
  };
  await insertToken(tenant, receipt.id, signer.signToken(claims));
  await queueLeaf(tenant.trx, logId, {
    entry: signed.entry,
    receiptId: receipt.id,
    kind: kind.kind,
    orgAlias: org.alias,
  });
  await countUsage(tenant, 'receipts');
  return { receipt, isNew: true };
}

interface Place {
  readonly id: string;
  readonly revision: number;
  readonly seq: number;
  readonly prev: string;
  readonly issuedAt: Date;
  readonly org: Pick<Org, 'name' | 'alias' | 'sandboxOf'>;
  readonly earlier: Pick<Receipt, 'id' | 'paeDigest'> | undefined;
}

interface Statement extends Readonly<Record<string, unknown>> {
  readonly predicate: Readonly<Record<string, unknown>>;
}

/** The in-toto statement that is signed. */
export function statementOf<F>(kind: ReceiptKind<F>, facts: F, place: Place, commitments: Commitments): Statement {
  const { org, earlier } = place;
  const organization = { alias: org.alias, ...commitments.commit('/organization', { name: org.name }) };
  const body = kind.body(facts, commitments);
  const frame = {
    _sd_alg: 'sha-256',
    receiptId: place.id,
    kind: kind.kind,
    schemaVersion: kind.schemaVersion,
    issuedAt: place.issuedAt.toISOString(),
    organization,
    chain: { scope: org.alias, seq: place.seq, prev: place.prev },
    revision: place.revision,
    supersedes: earlier ? { receiptId: earlier.id, digest: earlier.paeDigest } : null,
    redaction: { policy: REDACTION_POLICY, fields: commitments.all.map(({ pointer }) => pointer) },
    notChecked: kind.notChecked,
    ...(org.sandboxOf === null ? {} : { sandbox: true }),
  };
  return {
    _type: STATEMENT_TYPE,
    subject: kind.subjects(facts),
    predicateType: kind.predicateType,
    predicate: kind.arrange ? kind.arrange(frame, body) : { ...frame, ...body },
  };
}
