/**
 * Cooks, the attempts runners make at them, what they report, and the runners. An attempt is a lease: at most one of a
 * cook is live. Runners belong to the platform, everything else to an organization.
 */
export const cooks = `
CREATE TABLE runners (
  id text PRIMARY KEY,
  key_id text NOT NULL REFERENCES internal_keys (id),
  name text NOT NULL,
  transport text NOT NULL CHECK (transport IN ('http', 'native')),
  labels text[] NOT NULL,
  capabilities jsonb NOT NULL,
  lost_leases integer NOT NULL DEFAULT 0,
  draining boolean NOT NULL DEFAULT false,
  quarantined_at timestamptz(3),
  revoked_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  last_seen_at timestamptz(3) NOT NULL DEFAULT now(),
  UNIQUE (key_id, name)
);

CREATE TABLE cooks (
  id text PRIMARY KEY,
  org_id text NOT NULL REFERENCES orgs (id),
  run_id text NOT NULL,
  recipe jsonb NOT NULL,
  recipe_sha256 text NOT NULL,
  capability text NOT NULL,
  labels text[] NOT NULL,
  queue text NOT NULL,
  priority integer NOT NULL CHECK (priority BETWEEN 0 AND 100),
  max_attempts integer NOT NULL,
  state text NOT NULL CHECK (state IN ('queued', 'claimed', 'preparing', 'running', 'uploading', 'completed', 'failed',
    'cancelled', 'expired')),
  attempt integer NOT NULL DEFAULT 0,
  current_attempt_id text,
  outcome_attempt_id text,
  cancel_requested_at timestamptz(3),
  checkpoint_requested_at timestamptz(3),
  failure jsonb,
  lift jsonb,
  receipt_id text,
  requested_by text NOT NULL REFERENCES users (id),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  started_at timestamptz(3),
  finished_at timestamptz(3),
  UNIQUE (org_id, id),
  FOREIGN KEY (org_id, run_id) REFERENCES runs (org_id, id)
);
CREATE INDEX cooks_list ON cooks (org_id, created_at DESC, id DESC);
CREATE INDEX cooks_run ON cooks (org_id, run_id);
CREATE INDEX cooks_open ON cooks (id) WHERE state NOT IN ('completed', 'failed', 'cancelled', 'expired');
CREATE INDEX cooks_waiting ON cooks (capability, priority DESC, created_at) WHERE state = 'queued';

CREATE TABLE cook_attempts (
  id text PRIMARY KEY,
  org_id text NOT NULL,
  cook_id text NOT NULL,
  attempt integer NOT NULL,
  runner_id text NOT NULL REFERENCES runners (id),
  transport text NOT NULL CHECK (transport IN ('http', 'native')),
  token_hash text NOT NULL UNIQUE,
  task_token bytea,
  state text NOT NULL CHECK (state IN ('live', 'lost', 'failed', 'accepted')),
  runner jsonb NOT NULL,
  claimed_at timestamptz(3) NOT NULL DEFAULT now(),
  started_at timestamptz(3),
  heartbeat_at timestamptz(3) NOT NULL DEFAULT now(),
  expires_at timestamptz(3) NOT NULL,
  ended_at timestamptz(3),
  delivered_at timestamptz(3),
  progress jsonb,
  metrics jsonb,
  checkpoint jsonb,
  log_bytes bigint NOT NULL DEFAULT 0,
  log_chunks integer NOT NULL DEFAULT 0,
  outcome jsonb,
  outcome_digest text,
  UNIQUE (org_id, id),
  UNIQUE (cook_id, attempt),
  FOREIGN KEY (org_id, cook_id) REFERENCES cooks (org_id, id)
);
CREATE UNIQUE INDEX cook_attempts_one_live ON cook_attempts (cook_id) WHERE state = 'live';
CREATE INDEX cook_attempts_live ON cook_attempts (expires_at) WHERE state = 'live';
CREATE INDEX cook_attempts_undelivered ON cook_attempts (ended_at) WHERE delivered_at IS NULL AND outcome_digest IS NOT NULL;
CREATE INDEX cook_attempts_runner ON cook_attempts (runner_id) WHERE state = 'live';

CREATE TABLE cook_events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  org_id text NOT NULL,
  cook_id text NOT NULL,
  attempt integer,
  kind text NOT NULL,
  data jsonb NOT NULL,
  at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  FOREIGN KEY (org_id, cook_id) REFERENCES cooks (org_id, id)
);
CREATE INDEX cook_events_cook ON cook_events (org_id, cook_id, id);

CREATE TABLE cook_log_chunks (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  org_id text NOT NULL,
  cook_id text NOT NULL,
  attempt integer NOT NULL,
  seq integer NOT NULL,
  start_byte bigint NOT NULL,
  size integer NOT NULL,
  sha256 text NOT NULL,
  gzip bytea NOT NULL,
  UNIQUE (cook_id, attempt, seq),
  FOREIGN KEY (org_id, cook_id) REFERENCES cooks (org_id, id)
);
CREATE INDEX cook_log_chunks_cook ON cook_log_chunks (org_id, cook_id, id);

CREATE TABLE cook_artifacts (
  id text PRIMARY KEY,
  org_id text NOT NULL,
  cook_id text NOT NULL,
  attempt integer NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  size bigint NOT NULL,
  sha256 text NOT NULL,
  media_type text NOT NULL,
  object_key text NOT NULL,
  granted_at timestamptz(3) NOT NULL DEFAULT now(),
  verified_at timestamptz(3),
  UNIQUE (org_id, id),
  UNIQUE (cook_id, attempt, name),
  FOREIGN KEY (org_id, cook_id) REFERENCES cooks (org_id, id)
);
CREATE INDEX cook_artifacts_cook ON cook_artifacts (org_id, cook_id);

GRANT SELECT, INSERT, UPDATE ON runners TO dc_app, dc_worker;
GRANT SELECT, INSERT, UPDATE ON cooks, cook_attempts, cook_artifacts TO dc_app;
GRANT SELECT, INSERT ON cook_events, cook_log_chunks TO dc_app;
GRANT SELECT ON cooks, cook_attempts TO dc_worker;
DO $$ DECLARE name text; BEGIN
  FOREACH name IN ARRAY ARRAY['cooks', 'cook_attempts', 'cook_events', 'cook_log_chunks', 'cook_artifacts'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY tenant ON %I FOR ALL TO dc_app USING (org_id = current_org())', name);
  END LOOP;
END $$;
CREATE POLICY bearer ON cook_attempts FOR SELECT TO dc_app USING (token_hash = current_token());
CREATE POLICY sweep ON cooks FOR SELECT TO dc_worker USING (true);
CREATE POLICY sweep ON cook_attempts FOR SELECT TO dc_worker USING (true);
`;
