/**
 * What others say about the log and what we found about it ourselves: cosignatures of witnesses, the policy they make a
 * quorum by, and audits with the state from which the next one goes on.
 */
export const ledgerAudits = `
ALTER TABLE signing_keys DROP CONSTRAINT signing_keys_purpose_check;
ALTER TABLE signing_keys ADD CONSTRAINT signing_keys_purpose_check CHECK (purpose IN ('receipt', 'log', 'log_mldsa'));

CREATE TABLE ledger_policy (
  log_id text PRIMARY KEY,
  text text NOT NULL
);
CREATE TABLE ledger_cosig (
  log_id text NOT NULL,
  size bigint NOT NULL,
  witness text NOT NULL,
  line text NOT NULL,
  cosigned_at timestamptz(3) NOT NULL,
  PRIMARY KEY (log_id, size, witness),
  FOREIGN KEY (log_id, size) REFERENCES ledger_checkpoint (log_id, size)
);
CREATE TABLE ledger_witness (
  log_id text NOT NULL,
  witness text NOT NULL,
  size bigint NOT NULL,
  fault text,
  asked_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (log_id, witness)
);
CREATE TABLE ledger_witnessed (
  log_id text PRIMARY KEY,
  size bigint NOT NULL,
  FOREIGN KEY (log_id, size) REFERENCES ledger_checkpoint (log_id, size)
);
CREATE TABLE ledger_audit (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  log_id text NOT NULL,
  mode text NOT NULL CHECK (mode IN ('full', 'incremental')),
  ok boolean NOT NULL,
  size bigint NOT NULL,
  root bytea NOT NULL,
  chain bytea NOT NULL,
  right_edge bytea NOT NULL,
  checkpoint_size bigint NOT NULL,
  full_at timestamptz(3) NOT NULL,
  report jsonb NOT NULL,
  audited_at timestamptz(3) NOT NULL DEFAULT now()
);
CREATE INDEX ledger_audit_latest ON ledger_audit (log_id, id DESC);
CREATE TRIGGER ledger_audit_append_only BEFORE UPDATE OR DELETE ON ledger_audit FOR EACH ROW EXECUTE FUNCTION refuse_change();

GRANT SELECT ON ledger_policy, ledger_cosig, ledger_witness, ledger_witnessed, ledger_audit TO dc_app;
GRANT SELECT, INSERT, UPDATE ON ledger_policy, ledger_witness, ledger_witnessed TO dc_worker;
GRANT SELECT, INSERT ON ledger_cosig, ledger_audit TO dc_worker;
-- A log that is rebuilt from its published bundles goes through the queue again.
GRANT INSERT ON ledger_pending TO dc_worker;

-- The lifecycle audit looks across organizations, at nothing but ids, times and verdict digests.
GRANT SELECT (id, org_id, kind, subject_id, occasion, revision, leaf_id, issued_at) ON receipts TO dc_worker;
GRANT SELECT (id, org_id, run_id, verdict_digest, decision, approver_id, created_at, voided_at) ON approvals TO dc_worker;
GRANT SELECT (id, org_id, run_id, attempt, submitted_by, created_at) ON submissions TO dc_worker;
CREATE POLICY sweep ON receipts FOR SELECT TO dc_worker USING (true);
CREATE POLICY sweep ON approvals FOR SELECT TO dc_worker USING (true);
CREATE POLICY sweep ON submissions FOR SELECT TO dc_worker USING (true);
`;
