import { z } from 'zod';
import { decisions } from '../approvals/rules.js';
import { idPattern } from '../kernel/ids.js';
import { signatureSchemes } from '../receipts/approval-signature.js';

const base64url = (max: number): z.ZodString =>
  z
    .string()
    .max(max)
    .regex(/^[A-Za-z0-9_-]+$/);
const challengeId = z.string().regex(idPattern('challenge'));

export const approverKeyView = z
  .strictObject({
    id: z.string(),
    user_id: z.string(),
    scheme: z.enum(signatureSchemes),
    name: z.string(),
    public_key: z.string().meta({ description: 'SubjectPublicKeyInfo in PEM; what a verifier takes as --approver.' }),
    created_at: z.iso.datetime(),
    revoked_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'ApproverKey' });
export const approverKeysView = z.strictObject({ data: z.array(approverKeyView) });
export const approverKeyParams = z.strictObject({ approver_key_id: z.string().regex(idPattern('approverKey')) });

/** What a person is asked to sign. */
export const challengeView = z
  .strictObject({
    id: z.string(),
    statement: z.string().meta({ description: 'An Ed25519 key signs these bytes, in UTF-8.' }),
    expires_at: z.iso.datetime(),
    webauthn: z.record(z.string(), z.unknown()).meta({
      description: 'Options for navigator.credentials.create() or .get(); the challenge is the SHA-256 above.',
    }),
  })
  .meta({ id: 'ApproverChallenge' });
export const decisionChallengeBody = z.strictObject({ decision: z.enum(decisions) });

/** What navigator.credentials.create() answers, as toJSON() writes it; browsers may add members. */
const registration = z.looseObject({
  id: base64url(2048),
  rawId: base64url(2048),
  type: z.literal('public-key'),
  response: z.looseObject({
    clientDataJSON: base64url(8192),
    attestationObject: base64url(65_536),
    transports: z.array(z.string().max(40)).max(10).optional(),
  }),
});
const registerFields = { challenge_id: challengeId, name: z.string().trim().min(1).max(100) };
export const registerBody = z.discriminatedUnion('scheme', [
  z.strictObject({
    scheme: z.literal('ed25519'),
    ...registerFields,
    public_key: z.string().max(2000).meta({ description: 'SubjectPublicKeyInfo in PEM.' }),
    signature: base64url(200).meta({ description: 'Over the statement of the challenge.' }),
  }),
  z.strictObject({ scheme: z.literal('webauthn'), ...registerFields, credential: registration }),
]);
export type Registration = z.output<typeof registerBody>;
