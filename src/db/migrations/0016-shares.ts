/** Shares that count their views and end after some; how often what they show has changed; a root signed for COSE. */
export const shares = `
ALTER TABLE shares
  ADD COLUMN max_views integer CHECK (max_views > 0),
  ADD COLUMN views bigint NOT NULL DEFAULT 0,
  ADD COLUMN last_viewed_on date,
  ADD COLUMN revoked_by text REFERENCES users (id),
  ADD COLUMN edition integer NOT NULL DEFAULT 1;
CREATE TABLE receipt_tokens (
  receipt_id text PRIMARY KEY,
  org_id text NOT NULL,
  sd_jwt text NOT NULL,
  FOREIGN KEY (org_id, receipt_id) REFERENCES receipts (org_id, id)
);
CREATE INDEX receipt_tokens_org ON receipt_tokens (org_id, receipt_id);
ALTER TABLE receipt_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE receipt_tokens FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON receipt_tokens FOR ALL TO dc_app USING (org_id = current_org());
CREATE TRIGGER receipt_tokens_append_only BEFORE UPDATE OR DELETE ON receipt_tokens FOR EACH ROW EXECUTE FUNCTION refuse_change();
GRANT SELECT, INSERT ON receipt_tokens TO dc_app;
CREATE TABLE ledger_root_signature (
  log_id text NOT NULL,
  size bigint NOT NULL,
  signature bytea NOT NULL,
  PRIMARY KEY (log_id, size)
);
GRANT SELECT ON ledger_root_signature TO dc_app;
GRANT SELECT, INSERT ON ledger_root_signature TO dc_worker;
`;
