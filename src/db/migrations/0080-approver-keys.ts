/** Keys that approvers hold, what they are asked to sign, and the signatures that approvals carry. */
export const approverKeys = `
CREATE TABLE approver_keys (
  id text PRIMARY KEY,
  org_id text NOT NULL REFERENCES orgs (id),
  user_id text NOT NULL REFERENCES users (id),
  scheme text NOT NULL CHECK (scheme IN ('ed25519', 'webauthn')),
  name text NOT NULL,
  public_key text NOT NULL,
  credential_id text,
  transports jsonb NOT NULL DEFAULT '[]',
  counter bigint NOT NULL DEFAULT 0,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  revoked_at timestamptz(3),
  UNIQUE (org_id, id),
  UNIQUE (org_id, public_key)
);
CREATE INDEX approver_keys_person ON approver_keys (org_id, user_id);
CREATE TABLE approver_challenges (
  id text PRIMARY KEY,
  org_id text NOT NULL REFERENCES orgs (id),
  user_id text NOT NULL REFERENCES users (id),
  run_id text,
  statement text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  expires_at timestamptz(3) NOT NULL,
  used_at timestamptz(3),
  FOREIGN KEY (org_id, run_id) REFERENCES runs (org_id, id)
);
CREATE INDEX approver_challenges_person ON approver_challenges (org_id, user_id, expires_at);
ALTER TABLE approvals ADD COLUMN signature jsonb;
-- The lifecycle audit reads waivers from what was signed: marks, times and commitments, no name and no reason.
GRANT SELECT (payload) ON receipts TO dc_worker;

GRANT SELECT, INSERT ON approver_keys TO dc_app;
GRANT UPDATE (counter, revoked_at) ON approver_keys TO dc_app;
GRANT SELECT, INSERT, DELETE ON approver_challenges TO dc_app;
GRANT UPDATE (used_at) ON approver_challenges TO dc_app;
DO $$ DECLARE name text; BEGIN
  FOREACH name IN ARRAY ARRAY['approver_keys', 'approver_challenges'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY tenant ON %I FOR ALL TO dc_app USING (org_id = current_org())', name);
  END LOOP;
END $$;
`;
