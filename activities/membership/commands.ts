import { z } from 'zod';
import { applyPayload, decidePayload } from '../../src/applications/schema.js';
import { decideApplication, findApplication, insertApplication } from '../../src/applications/store.js';
import { showApplication } from '../../src/applications/view.js';
import type { Tenant } from '../../src/db/database.js';
import type { Database } from '../../src/db/database.js';
import { Refusal } from '../../src/kernel/refusals.js';
import {
  applyMembershipCommand,
  readSnapshot,
  type MembershipCommandRef,
  type MembershipRef,
} from '../../src/membership/apply.js';
import { COOL_DOWN_DAYS } from '../../src/membership/rules.js';
import { compBody, suspendBody } from '../../src/membership/schema.js';
import type { MembershipSnapshot } from '../../src/membership/settle.js';
import type { PaidMembership } from '../../src/membership/store.js';
import { requireNoSandbox } from '../../src/sandboxes/store.js';
import { showDeskMembership } from '../../src/membership/view.js';

export interface MembershipCommandActivities {
  applyForMembership(ref: MembershipCommandRef): Promise<MembershipSnapshot>;
  approveMembership(ref: MembershipCommandRef): Promise<MembershipSnapshot>;
  rejectMembership(ref: MembershipCommandRef): Promise<MembershipSnapshot>;
  withdrawApplication(ref: MembershipCommandRef): Promise<MembershipSnapshot>;
  suspendMembership(ref: MembershipCommandRef): Promise<MembershipSnapshot>;
  reinstateMembership(ref: MembershipCommandRef): Promise<MembershipSnapshot>;
  compMembership(ref: MembershipCommandRef): Promise<MembershipSnapshot>;
  readMembership(ref: MembershipRef): Promise<MembershipSnapshot | null>;
}

const DAY_MS = 86_400_000;

/** Commands that need our own Postgres only. Each is safe to retry: see applyMembershipCommand. */
export function createMembershipCommandActivities({
  database,
}: {
  readonly database: Database;
}): MembershipCommandActivities {
  const decide = (ref: MembershipCommandRef, state: 'approved' | 'rejected'): Promise<MembershipSnapshot> =>
    applyMembershipCommand(
      database,
      ref,
      state === 'approved' ? 'approve' : 'reject',
      decidePayload,
      async ({ tenant, membership, payload, now }) => {
        if (membership.applicationId !== payload.application_id)
          throw new Refusal('invalid_transition', 'A newer application has taken its place.', {
            current_state: membership.state,
          });
        const decided = await decideApplication(tenant, payload.application_id, {
          state,
          decidedBy: payload.decided_by,
          decidedAt: now,
          note: payload.note,
        });
        return { patch: { decision: state, reminders: 0 }, status: 200, result: () => showApplication(decided) };
      },
    );
  return {
    applyForMembership: (ref) =>
      applyMembershipCommand(
        database,
        ref,
        'apply',
        applyPayload,
        async ({ tenant, membership, actor, payload, now }) => {
          await requireNoSandbox(tenant);
          await requireCoolDown(tenant, membership, now);
          const { application_id: id, slug, ...answers } = payload;
          const application = await insertApplication(tenant, { id, slug, appliedBy: actor.id, answers });
          const patch = { decision: 'submitted', applicationId: id, reminders: 0 } as const;
          return { patch, status: 201, result: () => showApplication(application) };
        },
      ),
    approveMembership: (ref) => decide(ref, 'approved'),
    rejectMembership: (ref) => decide(ref, 'rejected'),
    withdrawApplication: (ref) =>
      applyMembershipCommand(database, ref, 'withdraw', z.unknown(), async ({ tenant, membership, actor, now }) => {
        const { wasMember, state, applicationId } = membership;
        if (wasMember && state === 'checkout_pending')
          throw new Refusal('invalid_transition', 'A member who pays again has no application to withdraw.', {
            current_state: state,
          });
        if (applicationId === null) throw new Error(`withdrawApplication: ${membership.id} is ${state} without one`);
        const end = { state: 'withdrawn', decidedBy: actor.id, decidedAt: now, note: null } as const;
        const withdrawn = await decideApplication(tenant, applicationId, end);
        return { patch: { decision: 'withdrawn' }, status: 200, result: () => showApplication(withdrawn) };
      }),
    suspendMembership: (ref) =>
      applyMembershipCommand(database, ref, 'suspend', suspendBody, ({ payload }) =>
        Promise.resolve({ patch: { suspendedBecause: payload.reason }, status: 200, result: showDeskMembership }),
      ),
    reinstateMembership: (ref) =>
      applyMembershipCommand(database, ref, 'reinstate', z.unknown(), ({ membership }) => {
        if (membership.suspendedBecause === null)
          throw new Refusal('invalid_transition', 'Stripe suspended it, for a dispute or a refund; it ends there.', {
            current_state: membership.state,
          });
        return Promise.resolve({ patch: { suspendedBecause: null }, status: 200, result: showDeskMembership });
      }),
    compMembership: (ref) =>
      applyMembershipCommand(database, ref, 'comp', compBody, ({ payload }) =>
        Promise.resolve({ patch: { compedUntil: new Date(payload.until) }, status: 200, result: showDeskMembership }),
      ),
    readMembership: (ref) => readSnapshot(database, ref),
  };
}

/** Who was rejected may apply again, but not the next minute. */
async function requireCoolDown(tenant: Tenant, membership: PaidMembership, now: Date): Promise<void> {
  if (membership.applicationId === null) return;
  const earlier = await findApplication(tenant, membership.applicationId);
  if (earlier?.state !== 'rejected' || earlier.decidedAt === null) return;
  const again = new Date(earlier.decidedAt.getTime() + COOL_DOWN_DAYS * DAY_MS);
  if (now < again)
    throw new Refusal('cool_down', `The last application was rejected; apply again after ${again.toISOString()}.`);
}
