/** Roles, people, organizations, commands, the audit log and the outbox. */
export const people = `
DO $$ BEGIN CREATE ROLE dc_app NOLOGIN NOBYPASSRLS; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE dc_worker NOLOGIN NOBYPASSRLS; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
GRANT dc_app, dc_worker TO CURRENT_USER;
GRANT USAGE ON SCHEMA public TO dc_app, dc_worker;

CREATE FUNCTION current_org() RETURNS text LANGUAGE sql STABLE AS $$ SELECT nullif(current_setting('app.org_id', true), '') $$;
CREATE FUNCTION current_person() RETURNS text LANGUAGE sql STABLE AS $$ SELECT nullif(current_setting('app.user_id', true), '') $$;
CREATE FUNCTION current_token() RETURNS text LANGUAGE sql STABLE AS $$ SELECT nullif(current_setting('app.token_hash', true), '') $$;
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;

CREATE TABLE users (
  id text PRIMARY KEY,
  email text NOT NULL UNIQUE CHECK (email = lower(email)),
  display_name text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now()
);
CREATE TABLE magic_links (
  id text PRIMARY KEY,
  email text NOT NULL,
  token_hash text NOT NULL UNIQUE,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  expires_at timestamptz(3) NOT NULL,
  used_at timestamptz(3),
  voided_at timestamptz(3)
);
CREATE INDEX magic_links_live ON magic_links (email) WHERE used_at IS NULL AND voided_at IS NULL;

CREATE TABLE orgs (
  id text PRIMARY KEY,
  name text NOT NULL,
  alias text NOT NULL UNIQUE,
  created_at timestamptz(3) NOT NULL DEFAULT now()
);
CREATE TABLE memberships (
  org_id text NOT NULL REFERENCES orgs (id),
  user_id text NOT NULL REFERENCES users (id),
  role text NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
  approver boolean NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, user_id)
);
CREATE INDEX memberships_user ON memberships (user_id);
CREATE TABLE invites (
  id text PRIMARY KEY,
  org_id text NOT NULL REFERENCES orgs (id),
  email text NOT NULL,
  role text NOT NULL CHECK (role IN ('admin', 'member', 'viewer')),
  approver boolean NOT NULL,
  token_hash text NOT NULL UNIQUE,
  invited_by text NOT NULL REFERENCES users (id),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  expires_at timestamptz(3) NOT NULL,
  accepted_at timestamptz(3),
  accepted_by text REFERENCES users (id)
);
CREATE INDEX invites_org ON invites (org_id, created_at);

CREATE TABLE projects (
  id text PRIMARY KEY,
  org_id text NOT NULL REFERENCES orgs (id),
  name text NOT NULL,
  description text NOT NULL,
  created_by text NOT NULL REFERENCES users (id),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  UNIQUE (org_id, id),
  UNIQUE (org_id, name)
);

CREATE TABLE commands (
  command_id uuid PRIMARY KEY,
  org_id text NOT NULL REFERENCES orgs (id),
  kind text NOT NULL,
  subject_id text NOT NULL,
  request_hash text NOT NULL,
  actor jsonb NOT NULL,
  payload jsonb,
  staged_at timestamptz(3) NOT NULL DEFAULT now()
);
CREATE INDEX commands_org ON commands (org_id);
CREATE TABLE applied_commands (
  command_id uuid PRIMARY KEY,
  org_id text NOT NULL REFERENCES orgs (id),
  request_hash text NOT NULL,
  status smallint NOT NULL,
  result jsonb NOT NULL,
  applied_at timestamptz(3) NOT NULL DEFAULT now()
);
CREATE INDEX applied_commands_org ON applied_commands (org_id);

CREATE TABLE audit_events (
  id text PRIMARY KEY,
  org_id text NOT NULL REFERENCES orgs (id),
  at timestamptz(3) NOT NULL DEFAULT now(),
  actor jsonb NOT NULL,
  action text NOT NULL,
  target text NOT NULL,
  run_id text,
  before_digest text,
  after_digest text,
  request_id text NOT NULL
);
CREATE INDEX audit_events_org ON audit_events (org_id, at);
CREATE INDEX audit_events_run ON audit_events (org_id, run_id, at);
CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE ON audit_events FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE outbox (
  id text PRIMARY KEY,
  org_id text REFERENCES orgs (id),
  dedupe_key text NOT NULL UNIQUE,
  template text NOT NULL,
  recipient text NOT NULL,
  params jsonb NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  due_at timestamptz(3) NOT NULL DEFAULT now(),
  attempts integer NOT NULL DEFAULT 0,
  last_error text,
  sent_at timestamptz(3)
);
CREATE INDEX outbox_due ON outbox (due_at) WHERE sent_at IS NULL;

CREATE TABLE rate_limits (key varchar(255) PRIMARY KEY, points integer NOT NULL DEFAULT 0, expire bigint);

GRANT SELECT, INSERT, UPDATE ON users, magic_links, orgs, memberships, invites, projects, commands, outbox TO dc_app;
GRANT DELETE ON memberships TO dc_app;
GRANT SELECT, INSERT ON applied_commands, audit_events TO dc_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON rate_limits TO dc_app;
GRANT SELECT, UPDATE ON outbox TO dc_worker;
GRANT SELECT ON users TO dc_worker;

ALTER TABLE orgs ENABLE ROW LEVEL SECURITY; ALTER TABLE orgs FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON orgs USING (id = current_org()
  OR id IN (SELECT org_id FROM memberships WHERE user_id = current_person()));
ALTER TABLE memberships ENABLE ROW LEVEL SECURITY; ALTER TABLE memberships FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON memberships USING (org_id = current_org());
CREATE POLICY person ON memberships FOR SELECT USING (user_id = current_person());
ALTER TABLE invites ENABLE ROW LEVEL SECURITY; ALTER TABLE invites FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON invites USING (org_id = current_org());
CREATE POLICY bearer ON invites FOR SELECT USING (token_hash = current_token());
ALTER TABLE outbox ENABLE ROW LEVEL SECURITY; ALTER TABLE outbox FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON outbox FOR ALL TO dc_app USING (org_id IS NULL OR org_id = current_org());
CREATE POLICY sweep ON outbox FOR ALL TO dc_worker USING (true);
`;
