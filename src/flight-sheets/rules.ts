import type { SheetState } from './schema.js';

const next: Readonly<Record<SheetState, readonly SheetState[]>> = {
  draft: ['active', 'retired'],
  active: ['deprecated', 'retired'],
  deprecated: ['retired'],
  retired: [],
};

/** A sheet goes draft, active, deprecated, retired; never back. */
export const mayBecome = (from: SheetState, to: SheetState): boolean => next[from].includes(to);
export const nextStates = (from: SheetState): readonly SheetState[] => next[from];
