/** Registered once on a Temporal server; never encrypted, so opaque ids and states only. */
export const searchAttributes = {
  org: { name: 'DcOrg', kind: 'KEYWORD' },
  entity: { name: 'DcEntity', kind: 'KEYWORD' },
  state: { name: 'DcState', kind: 'KEYWORD' },
  project: { name: 'DcProject', kind: 'KEYWORD' },
  deadline: { name: 'DcNextDeadline', kind: 'DATETIME' },
} as const;
