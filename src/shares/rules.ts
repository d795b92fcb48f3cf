export const shareProfiles = ['minimal', 'standard', 'full'] as const;
export type ShareProfile = (typeof shareProfiles)[number];

/**
 * Pointers a standard share discloses: what a reader needs to recognise the work and to compare files. Names of
 * people, notes, contents and findings in words stay withheld, and so does restricted evidence. What an approver signed
 * is shown with its key, so that anybody who knows the key sees whether the approval is theirs.
 */
const STANDARD = [
  /^\/organization\/name$/,
  /^\/run\/title$/,
  /^\/agent\//,
  /^\/agentProfile\/snapshotDigest$/,
  /^\/model\//,
  /^\/submission\/outputSha256$/,
  /^\/evidence\/items\/\d+\/(label|sha256)$/,
  /^\/incident\/title$/,
  /^\/approvals\/\d+\/signature\//,
];

/** Whether a profile discloses the field at a pointer. */
export function discloses(profile: ShareProfile, pointer: string, restrictedItems: ReadonlySet<number>): boolean {
  switch (profile) {
    case 'minimal':
      return false;
    case 'standard': {
      const item = /^\/evidence\/items\/(\d+)\//.exec(pointer)?.[1];
      if (item !== undefined && restrictedItems.has(Number(item))) return false;
      return STANDARD.some((pattern) => pattern.test(pointer));
    }
    case 'full':
      return true;
  }
}

export type FieldState = 'disclosed' | 'withheld' | 'erased';

export type ShareState = 'active' | 'expired' | 'revoked';

/** What a share is at a time. One that was seen as often as it may is as good as expired. */
export function shareState(
  share: {
    readonly revokedAt: Date | null;
    readonly expiresAt: Date | null;
    readonly maxViews: number | null;
    readonly views: number;
  },
  now: Date,
): ShareState {
  if (share.revokedAt !== null) return 'revoked';
  if (share.expiresAt !== null && share.expiresAt.getTime() <= now.getTime()) return 'expired';
  return share.maxViews !== null && share.views >= share.maxViews ? 'expired' : 'active';
}
