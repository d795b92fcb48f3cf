export type ShareProfile = 'minimal' | 'standard' | 'full';

/**
 * Pointers a standard share discloses: what a reader needs to recognise the work and to compare files. Names of
 * people, notes, contents and findings in words stay withheld, and so does restricted evidence.
 */
const STANDARD = [
  /^\/organization\/name$/,
  /^\/run\/title$/,
  /^\/agent\//,
  /^\/model\//,
  /^\/submission\/outputSha256$/,
  /^\/evidence\/items\/\d+\/(label|sha256)$/,
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
