/** Receipts, their shares, and the public transparency log. */
export const ledger = `
CREATE TABLE receipt_heads (
  org_id text PRIMARY KEY REFERENCES orgs (id),
  seq integer NOT NULL,
  digest text NOT NULL
);
CREATE TABLE receipts (
  id text PRIMARY KEY,
  org_id text NOT NULL REFERENCES orgs (id),
  kind text NOT NULL,
  subject_id text NOT NULL,
  revision integer NOT NULL,
  org_seq integer NOT NULL,
  prev_digest text NOT NULL,
  payload bytea NOT NULL,
  signature bytea NOT NULL,
  key_id text NOT NULL,
  pae_digest text NOT NULL UNIQUE,
  leaf_id text NOT NULL UNIQUE,
  issued_at timestamptz(3) NOT NULL,
  UNIQUE (org_id, id),
  UNIQUE (kind, subject_id, revision),
  UNIQUE (org_id, org_seq),
  UNIQUE (org_id, prev_digest)
);
CREATE TRIGGER receipts_append_only BEFORE UPDATE OR DELETE ON receipts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TABLE receipt_disclosures (
  receipt_id text NOT NULL,
  org_id text NOT NULL,
  pointer text NOT NULL,
  disclosure text,
  erased_at timestamptz(3),
  PRIMARY KEY (receipt_id, pointer),
  FOREIGN KEY (org_id, receipt_id) REFERENCES receipts (org_id, id)
);
CREATE INDEX receipt_disclosures_org ON receipt_disclosures (org_id, receipt_id);
CREATE TABLE shares (
  id text PRIMARY KEY,
  org_id text NOT NULL,
  receipt_id text NOT NULL,
  token_hash text NOT NULL UNIQUE,
  profile text NOT NULL CHECK (profile IN ('minimal', 'standard', 'full')),
  created_by text NOT NULL REFERENCES users (id),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  expires_at timestamptz(3),
  revoked_at timestamptz(3),
  pdf_key text,
  pdf_sha256 text,
  FOREIGN KEY (org_id, receipt_id) REFERENCES receipts (org_id, id)
);
CREATE INDEX shares_receipt ON shares (org_id, receipt_id);

CREATE TABLE signing_keys (
  key_id text PRIMARY KEY,
  purpose text NOT NULL CHECK (purpose IN ('receipt', 'log')),
  log_id text,
  public_key text NOT NULL,
  vkey text,
  valid_from timestamptz(3) NOT NULL DEFAULT now(),
  valid_to timestamptz(3)
);
CREATE TABLE ledger_head (
  log_id text PRIMARY KEY,
  size bigint NOT NULL,
  root bytea NOT NULL,
  chain bytea NOT NULL,
  right_edge bytea NOT NULL,
  epoch bigint NOT NULL,
  paused_reason text
);
CREATE TABLE ledger_pending (
  log_id text NOT NULL,
  leaf_id text NOT NULL,
  entry bytea NOT NULL,
  receipt_id text NOT NULL,
  kind text NOT NULL,
  org_alias text NOT NULL,
  seq bigserial NOT NULL,
  PRIMARY KEY (log_id, leaf_id)
);
CREATE INDEX ledger_pending_order ON ledger_pending (log_id, seq);
CREATE TABLE ledger_leaf (
  log_id text NOT NULL,
  idx bigint NOT NULL,
  leaf_id text NOT NULL,
  leaf_hash bytea NOT NULL,
  chain bytea NOT NULL,
  entry bytea NOT NULL CHECK (octet_length(entry) <= 65535),
  receipt_id text NOT NULL,
  kind text NOT NULL,
  org_alias text NOT NULL,
  integrated_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (log_id, idx),
  UNIQUE (log_id, leaf_id)
);
CREATE INDEX ledger_leaf_receipt ON ledger_leaf (receipt_id);
CREATE TABLE ledger_subtree (
  log_id text NOT NULL,
  level smallint NOT NULL,
  idx bigint NOT NULL,
  hash bytea NOT NULL,
  PRIMARY KEY (log_id, level, idx)
);
CREATE TABLE ledger_checkpoint (
  log_id text NOT NULL,
  size bigint NOT NULL,
  root bytea NOT NULL,
  note text NOT NULL,
  signed_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (log_id, size)
);
CREATE TABLE ledger_pub (
  log_id text PRIMARY KEY,
  published_size bigint NOT NULL,
  s3_etag text
);
CREATE TRIGGER ledger_leaf_append_only BEFORE UPDATE OR DELETE ON ledger_leaf FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_subtree_append_only BEFORE UPDATE OR DELETE ON ledger_subtree FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_checkpoint_append_only BEFORE UPDATE OR DELETE ON ledger_checkpoint FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_leaf_no_truncate BEFORE TRUNCATE ON ledger_leaf FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER receipts_no_truncate BEFORE TRUNCATE ON receipts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT, UPDATE ON receipt_heads TO dc_app;
GRANT SELECT, INSERT ON receipts TO dc_app;
GRANT SELECT, INSERT, UPDATE ON receipt_disclosures, shares TO dc_app;
GRANT SELECT ON signing_keys, ledger_head, ledger_pending, ledger_leaf, ledger_subtree, ledger_checkpoint, ledger_pub TO dc_app;
GRANT INSERT ON ledger_pending TO dc_app;
GRANT USAGE ON SEQUENCE ledger_pending_seq_seq TO dc_app;
GRANT SELECT, INSERT, UPDATE ON signing_keys, ledger_head, ledger_pub TO dc_worker;
GRANT SELECT, INSERT ON ledger_leaf, ledger_subtree, ledger_checkpoint TO dc_worker;
GRANT SELECT, DELETE ON ledger_pending TO dc_worker;
CREATE POLICY bearer ON shares FOR SELECT USING (token_hash = current_token());
DO $$ DECLARE name text; BEGIN
  FOREACH name IN ARRAY ARRAY['projects', 'commands', 'applied_commands', 'audit_events', 'runs', 'evidence', 'submissions',
    'audits', 'checks', 'approvals', 'receipt_heads', 'receipts', 'receipt_disclosures', 'shares'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY tenant ON %I FOR ALL TO dc_app USING (org_id = current_org())', name);
  END LOOP;
END $$;
CREATE POLICY sweep ON runs FOR SELECT TO dc_worker USING (true);
`;
