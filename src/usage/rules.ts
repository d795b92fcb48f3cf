/** What is counted, by calendar month in UTC. */
export const usageKinds = ['runs', 'evidence_bytes', 'receipts', 'cooks', 'downloads', 'api_calls'] as const;
export type UsageKind = (typeof usageKinds)[number];
