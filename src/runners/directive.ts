import { z } from 'zod';
import { findAttempt, findAttemptByToken } from '../cook-attempts/store.js';
import { isOver } from '../cooks/rules.js';
import { findCook } from '../cooks/store.js';
import { enterTenant } from '../db/database.js';
import { directiveOf, leaseHash, type RunnerDeps } from './lease.js';
import type { Directive } from './rules.js';
import { findRunner } from './store.js';

const leaseSchema = z.looseObject({ lease_token: z.string().max(100) });
const placeSchema = z.looseObject({ cook_id: z.string() });

/**
 * What a runner is to do besides, when its call was refused: a refusal must not hide a cancellation. Without a lease that
 * holds there is nothing left to do but stop. Reads only, and believes nothing of the call but its lease token.
 */
export async function directiveBesides(
  { database, tokens }: Pick<RunnerDeps, 'database' | 'tokens'>,
  keyId: string,
  call: { readonly params: unknown; readonly body: unknown },
): Promise<Directive> {
  const shown = leaseSchema.safeParse(call.body).data?.lease_token;
  const cookId = placeSchema.safeParse(call.params).data?.cook_id;
  // Malformed beyond recognition: nothing was learned about any lease.
  if (shown === undefined) return 'continue';
  const tokenHash = leaseHash(tokens, shown);
  return database.outsider({ tokenHash }, async (outsider) => {
    const known = await findAttemptByToken(outsider, tokenHash);
    const found = known?.cookId === cookId ? known : undefined;
    if (!found) return 'cancel';
    const tenant = await enterTenant(outsider, found.orgId);
    const cook = await findCook(tenant, found.cookId);
    const attempt = await findAttempt(tenant, found.id);
    const runner = attempt && (await findRunner(tenant, attempt.runnerId));
    if (!cook || !attempt || runner?.keyId !== keyId || runner.revokedAt) return 'cancel';
    const holds = attempt.state === 'live' && cook.currentAttemptId === attempt.id && !isOver(cook.state);
    return holds && attempt.expiresAt.getTime() > Date.now() ? directiveOf({ cook, runner }) : 'cancel';
  });
}
