/** Receipts of every kind: one per subject and occasion, later ones superseding. */
export const receipts = `
ALTER TABLE receipts ADD COLUMN occasion text NOT NULL DEFAULT 'final';
ALTER TABLE receipts ADD CONSTRAINT receipts_occasion UNIQUE (kind, subject_id, occasion);
`;
