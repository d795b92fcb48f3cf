/** What a dataset may be asked for; the engine's rules use the same words. */
export const datasetUses = ['training', 'evaluation', 'commercial', 'redistribution'] as const;
export type DatasetUse = (typeof datasetUses)[number];

const HOUR_MS = 3_600_000;
/** A grant lives a day; within it its links are issued again, a bounded number of times. */
export const GRANT_MS = 24 * HOUR_MS;
export const MAX_REDEMPTIONS = 10;
/** A link outlives its withdrawal by this at most. */
export const LINK_SECONDS = 600;
/** Grants within any 24 hours. */
export const WINDOW_MS = 24 * HOUR_MS;
export const quotas = { principal: 20, organization: 100 } as const;

/** Grants of the window: how many, and when the oldest of them was issued (Unix ms). */
export interface Spent {
  readonly used: number;
  readonly oldest: number | null;
}
export interface QuotaLeft {
  readonly left: number;
  readonly of: keyof typeof quotas;
  readonly limit: number;
  readonly used: number;
  /** When one more is free again if none is left; otherwise when the oldest stops counting. Unix ms. */
  readonly resetsAt: number | null;
}

/** The narrower of the two quotas. */
export function quotaLeft(spent: Readonly<Record<keyof typeof quotas, Spent>>): QuotaLeft {
  const of = (which: keyof typeof quotas): QuotaLeft => {
    const { used, oldest } = spent[which];
    const limit = quotas[which];
    const resetsAt = oldest === null ? null : oldest + WINDOW_MS;
    return { left: Math.max(0, limit - used), of: which, limit, used, resetsAt };
  };
  const [principal, organization] = [of('principal'), of('organization')];
  return organization.left < principal.left ? organization : principal;
}

export type GrantState = 'issued' | 'redeemed' | 'expired' | 'revoked';

/** The state of a grant follows from its row and the time. */
export function grantState(
  grant: { readonly revokedAt: Date | null; readonly expiresAt: Date; readonly redemptions: number },
  now: Date,
): GrantState {
  if (grant.revokedAt) return 'revoked';
  if (grant.expiresAt <= now) return 'expired';
  return grant.redemptions > 0 ? 'redeemed' : 'issued';
}
