import { findApproverKey, raiseCounter, spendChallenge, type Challenge } from '../approver-keys/store.js';
import type { Tenant } from '../db/database.js';
import { Refusal } from '../kernel/refusals.js';
import {
  readStatement,
  signatureCount,
  signatureFault,
  type ApprovalStatement,
  type SignedStatement,
} from '../receipts/approval-signature.js';
import type { GivenSignature } from './schema.js';
import type { ApprovalSignature } from './store.js';

/**
 * Accepts an approver's signature: a challenge of theirs for this run, spent once, and a key of theirs that is not
 * revoked. Runs in the transaction of the decision, so that a refusal spends nothing.
 */
export async function acceptSignature(
  tenant: Tenant,
  given: GivenSignature,
  about: {
    readonly runId: string;
    readonly userId: string;
    readonly decision: string;
    readonly verdictDigest: string;
  },
): Promise<ApprovalSignature> {
  const { runId, userId } = about;
  const challenge = await spendChallenge(tenant, { id: given.challenge_id, userId, runId });
  const statement = requireStatement(challenge, about);
  const key = await findApproverKey(tenant, given.key_id);
  if (key?.userId !== userId || key.revokedAt) throw refused('the key is not one of yours, or is revoked');
  const signed: SignedStatement = {
    scheme: key.scheme,
    publicKey: key.publicKey,
    statement: challenge.statement,
    value: given.value,
    authenticatorData: given.authenticator_data,
    clientData: given.client_data,
  };
  const fault = signatureFault(signed, statement.origin);
  if (fault !== undefined) throw refused(fault);
  if (key.scheme === 'webauthn' && !(await raiseCounter(tenant, key, signatureCount(signed))))
    throw refused('the passkey counts less than before, so there are two of it');
  return { ...signed, keyId: key.id, notAfter: statement.notAfter };
}

function requireStatement(
  { statement: text }: Challenge,
  { decision, verdictDigest }: { readonly decision: string; readonly verdictDigest: string },
): ApprovalStatement {
  const statement = readStatement(text);
  if (statement?.decision !== decision) throw refused('it was asked for another decision');
  if (statement.verdict.digest !== verdictDigest)
    throw new Refusal('verdict_changed', `The verdict is now ${verdictDigest}; ask for a new challenge.`);
  return statement;
}

const refused = (because: string): Refusal =>
  new Refusal('approver_signature', `The signature is not accepted: ${because}.`);
