/** What became of receipts later: revoked, superseded, erased. Each owes a receipt of its own. */
export const annotations = `
CREATE TABLE receipt_annotations (
  id text PRIMARY KEY,
  org_id text NOT NULL REFERENCES orgs (id),
  receipt_id text NOT NULL,
  status text NOT NULL CHECK (status IN ('revoked', 'superseded', 'erased')),
  occasion text NOT NULL,
  replacement_id text,
  erased text[] NOT NULL DEFAULT '{}',
  reason text,
  role text NOT NULL,
  created_by text NOT NULL REFERENCES users (id),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  minted_as text,
  UNIQUE (org_id, receipt_id, occasion),
  FOREIGN KEY (org_id, receipt_id) REFERENCES receipts (org_id, id),
  FOREIGN KEY (org_id, replacement_id) REFERENCES receipts (org_id, id),
  FOREIGN KEY (org_id, minted_as) REFERENCES receipts (org_id, id)
);
CREATE INDEX receipt_annotations_owed ON receipt_annotations (created_at) WHERE minted_as IS NULL;
ALTER TABLE receipt_annotations ENABLE ROW LEVEL SECURITY;
ALTER TABLE receipt_annotations FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON receipt_annotations FOR ALL TO dc_app USING (org_id = current_org());
CREATE POLICY sweep ON receipt_annotations FOR SELECT TO dc_worker USING (true);
GRANT SELECT, INSERT, UPDATE ON receipt_annotations TO dc_app;
GRANT SELECT (id, org_id, created_at, minted_as) ON receipt_annotations TO dc_worker;
`;
