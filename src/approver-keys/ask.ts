import { generateAuthenticationOptions } from '@simplewebauthn/server';
import type { z } from 'zod';
import type { Decision } from '../approvals/rules.js';
import type { Tenant } from '../db/database.js';
import { canonicalJson } from '../kernel/canonical-json.js';
import { Refusal } from '../kernel/refusals.js';
import { APPROVAL_STATEMENT, statementChallenge, type ApprovalStatement } from '../receipts/approval-signature.js';
import { REQUEST_DAYS } from '../runs/rules.js';
import { findRun } from '../runs/store.js';
import { findSubmission } from '../submissions/store.js';
import { originOf, relyingPartyOf, type Place } from './register.js';
import type { challengeView } from './schema.js';
import { insertChallenge, listApproverKeys } from './store.js';
import { showChallenge } from './view.js';

const DAY_MS = 86_400_000;

interface Asked {
  readonly decision: Decision;
  readonly userId: string;
  readonly runId: string;
  readonly nonce: string;
  readonly expiresAt: Date;
}

/** Writes what a person signs to decide on the present verdict of a run, and keeps it until it is answered. */
export async function askToSign(tenant: Tenant, place: Place, asked: Asked): Promise<z.input<typeof challengeView>> {
  const { userId, runId, expiresAt } = asked;
  const statement = canonicalJson(await statementFor(tenant, place, asked));
  const own = (await listApproverKeys(tenant)).filter((key) => key.userId === userId && !key.revokedAt);
  const challenge = await insertChallenge(tenant, { userId, runId, statement, expiresAt });
  const options = await generateAuthenticationOptions({
    rpID: relyingPartyOf(place),
    challenge: new Uint8Array(Buffer.from(statementChallenge(statement), 'base64url')),
    userVerification: 'required',
    allowCredentials: own.flatMap(({ credentialId: id, transports }) =>
      id === null ? [] : [{ id, transports: [...transports] }],
    ),
  });
  return showChallenge(challenge, options);
}

async function statementFor(
  tenant: Tenant,
  place: Place,
  { decision, runId, nonce }: Asked,
): Promise<ApprovalStatement> {
  const run = await findRun(tenant, runId);
  if (!run) throw new Refusal('not_found', 'No such run.');
  const submission =
    run.currentSubmissionId === null ? undefined : await findSubmission(tenant, run.currentSubmissionId);
  if (!run.verdict || !submission) throw new Refusal('not_audited', 'The run has no verdict yet.');
  const now = Date.now();
  return {
    type: APPROVAL_STATEMENT,
    decision,
    verdict: { outcome: run.verdict.outcome, digest: run.verdict.digest },
    evidenceRoot: submission.evidenceRoot,
    submissionManifest: submission.manifestDigest,
    flightSheet: run.flightSheetDigest,
    audience: place.logId,
    origin: originOf(place),
    nonce,
    notBefore: new Date(now).toISOString(),
    notAfter: new Date(now + REQUEST_DAYS * DAY_MS).toISOString(),
  };
}
