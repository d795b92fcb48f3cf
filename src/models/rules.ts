export type CatalogState = 'listed' | 'deprecated' | 'withdrawn';

/** Whether a model may still be chosen. A deprecated one may: who depends on it needs time to leave. */
export const mayPin = (state: CatalogState): boolean => state !== 'withdrawn';
