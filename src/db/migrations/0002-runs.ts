/** Runs and everything that hangs on one: evidence, submissions, audits, checks, approvals. */
export const runs = `
CREATE TABLE runs (
  id text PRIMARY KEY,
  org_id text NOT NULL REFERENCES orgs (id),
  project_id text NOT NULL,
  title text NOT NULL,
  lane text NOT NULL CHECK (lane IN ('agent', 'dataset', 'compute', 'cook', 'other')),
  flight_sheet_slug text NOT NULL,
  flight_sheet_version text NOT NULL,
  flight_sheet_digest text NOT NULL,
  flight_sheet jsonb NOT NULL,
  assignment text,
  assignment_sha256 text,
  inputs jsonb NOT NULL,
  four_eyes jsonb NOT NULL,
  labels jsonb NOT NULL,
  client_ref text,
  state text NOT NULL,
  version integer NOT NULL DEFAULT 1,
  attempt integer NOT NULL DEFAULT 1,
  evidence_root text,
  current_submission_id text,
  verdict jsonb,
  verdict_digest text,
  receipt_id text,
  created_by text NOT NULL REFERENCES users (id),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  reminders integer NOT NULL DEFAULT 0,
  UNIQUE (org_id, id),
  FOREIGN KEY (org_id, project_id) REFERENCES projects (org_id, id)
);
CREATE INDEX runs_list ON runs (org_id, created_at DESC, id DESC);
CREATE INDEX runs_project ON runs (org_id, project_id);
CREATE INDEX runs_open ON runs (id) WHERE state NOT IN ('receipted', 'cancelled', 'superseded');

CREATE TABLE evidence (
  id text PRIMARY KEY,
  org_id text NOT NULL,
  run_id text NOT NULL,
  position integer NOT NULL,
  kind text NOT NULL,
  label text NOT NULL,
  sensitivity text NOT NULL,
  source jsonb,
  captured_at timestamptz(3),
  content text,
  filename text,
  declared_filename text,
  media_type text NOT NULL,
  size bigint NOT NULL,
  sha256 text NOT NULL,
  client_sha256 text,
  object_key text NOT NULL,
  state text NOT NULL,
  custody jsonb NOT NULL,
  created_by text NOT NULL REFERENCES users (id),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  UNIQUE (org_id, id),
  UNIQUE (run_id, sha256),
  UNIQUE (run_id, position),
  FOREIGN KEY (org_id, run_id) REFERENCES runs (org_id, id)
);
CREATE INDEX evidence_run ON evidence (org_id, run_id, position);

CREATE TABLE submissions (
  id text PRIMARY KEY,
  org_id text NOT NULL,
  run_id text NOT NULL,
  attempt integer NOT NULL,
  agent jsonb NOT NULL,
  model jsonb,
  output jsonb NOT NULL,
  output_sha256 text NOT NULL,
  declared_evidence jsonb NOT NULL,
  evidence_root text NOT NULL,
  manifest_digest text NOT NULL,
  claims jsonb NOT NULL,
  calculations jsonb NOT NULL,
  missing_inputs jsonb NOT NULL,
  assumptions jsonb NOT NULL,
  self_check jsonb,
  usage jsonb,
  trace_ref text,
  submitted_by text NOT NULL REFERENCES users (id),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  UNIQUE (org_id, id),
  UNIQUE (run_id, attempt),
  FOREIGN KEY (org_id, run_id) REFERENCES runs (org_id, id)
);
CREATE INDEX submissions_run ON submissions (org_id, run_id, attempt);

CREATE TABLE audits (
  id text PRIMARY KEY,
  org_id text NOT NULL,
  run_id text NOT NULL,
  attempt integer NOT NULL,
  kind text NOT NULL CHECK (kind IN ('flight_sheet', 'core')),
  command_id uuid NOT NULL UNIQUE,
  state text NOT NULL,
  sheet_digest text NOT NULL,
  engine_version text NOT NULL,
  inputs_digest text,
  replay_digest text,
  clock timestamptz(3) NOT NULL,
  triggered_by text NOT NULL REFERENCES users (id),
  finished_at timestamptz(3),
  UNIQUE (org_id, id),
  FOREIGN KEY (org_id, run_id) REFERENCES runs (org_id, id)
);
CREATE INDEX audits_run ON audits (org_id, run_id, clock);
CREATE TABLE checks (
  id text PRIMARY KEY,
  org_id text NOT NULL,
  run_id text NOT NULL,
  audit_id text NOT NULL,
  position integer NOT NULL,
  rule_id text NOT NULL,
  rule jsonb NOT NULL,
  kind text NOT NULL CHECK (kind IN ('auto', 'human')),
  status text NOT NULL CHECK (status IN ('open', 'pass', 'flag', 'skip', 'error', 'waived')),
  severity text NOT NULL CHECK (severity IN ('critical', 'major', 'minor', 'info')),
  observed text,
  expected text,
  detail text NOT NULL,
  evidence_ids jsonb NOT NULL,
  response jsonb,
  graded_by text REFERENCES users (id),
  graded_at timestamptz(3),
  grade_reason text,
  previous jsonb NOT NULL,
  version integer NOT NULL DEFAULT 1,
  UNIQUE (org_id, id),
  UNIQUE (audit_id, rule_id),
  FOREIGN KEY (org_id, audit_id) REFERENCES audits (org_id, id)
);
CREATE INDEX checks_run ON checks (org_id, run_id, audit_id, position);

CREATE TABLE approvals (
  id text PRIMARY KEY,
  org_id text NOT NULL,
  run_id text NOT NULL,
  verdict_digest text NOT NULL,
  decision text NOT NULL CHECK (decision IN ('approved', 'rejected', 'escalated')),
  note text,
  conditions jsonb NOT NULL,
  escalate_to text REFERENCES users (id),
  approver_id text NOT NULL REFERENCES users (id),
  approver_role text NOT NULL,
  auth_method text NOT NULL,
  auth_time timestamptz(3) NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  voided_at timestamptz(3),
  UNIQUE (org_id, id),
  FOREIGN KEY (org_id, run_id) REFERENCES runs (org_id, id)
);
CREATE UNIQUE INDEX approvals_once ON approvals (run_id, approver_id, verdict_digest) WHERE voided_at IS NULL;
CREATE INDEX approvals_run ON approvals (org_id, run_id);

GRANT SELECT, INSERT, UPDATE ON runs, evidence, submissions, audits, checks, approvals TO dc_app;
GRANT SELECT ON runs TO dc_worker;
`;
