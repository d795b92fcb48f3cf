import { ping } from './0070-ping.js';

/** Agent profiles with their snapshots, incidents with their timeline and what they freeze, and watchdogs. */
export const incidents = `
CREATE TABLE agent_profiles (
  id text PRIMARY KEY,
  org_id text NOT NULL REFERENCES orgs (id),
  name text NOT NULL,
  state text NOT NULL CHECK (state IN ('draft', 'active', 'paused', 'locked', 'retired')),
  version integer NOT NULL DEFAULT 1,
  snapshot_version integer NOT NULL DEFAULT 1,
  snapshot_digest text NOT NULL,
  snapshot jsonb NOT NULL,
  created_by text NOT NULL REFERENCES users (id),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  UNIQUE (org_id, id),
  UNIQUE (org_id, name)
);
CREATE INDEX agent_profiles_list ON agent_profiles (org_id, created_at DESC, id DESC);
CREATE INDEX agent_profiles_content ON agent_profiles USING gin (snapshot jsonb_path_ops);
CREATE TABLE agent_snapshots (
  profile_id text NOT NULL,
  org_id text NOT NULL,
  version integer NOT NULL,
  digest text NOT NULL,
  snapshot jsonb NOT NULL,
  created_by text NOT NULL REFERENCES users (id),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (profile_id, version),
  FOREIGN KEY (org_id, profile_id) REFERENCES agent_profiles (org_id, id)
);
CREATE INDEX agent_snapshots_digest ON agent_snapshots (org_id, profile_id, digest);
CREATE TRIGGER agent_snapshots_append_only BEFORE UPDATE OR DELETE ON agent_snapshots FOR EACH ROW EXECUTE FUNCTION refuse_change();

ALTER TABLE runs ADD COLUMN agent_profile_id text, ADD COLUMN agent_snapshot_digest text;
ALTER TABLE runs ADD CONSTRAINT runs_agent_profile FOREIGN KEY (org_id, agent_profile_id) REFERENCES agent_profiles (org_id, id);
CREATE INDEX runs_agent ON runs (org_id, agent_profile_id, updated_at DESC) WHERE agent_profile_id IS NOT NULL;

CREATE TABLE incidents (
  id text PRIMARY KEY,
  org_id text NOT NULL REFERENCES orgs (id),
  title text NOT NULL,
  kind text NOT NULL,
  severity text NOT NULL CHECK (severity IN ('sev1', 'sev2', 'sev3', 'sev4')),
  source text NOT NULL CHECK (source IN ('human', 'watchdog', 'engine', 'runner', 'ledger')),
  state text NOT NULL CHECK (state IN ('triage', 'open', 'acknowledged', 'mitigated', 'resolved', 'closed', 'cancelled')),
  version integer NOT NULL DEFAULT 1,
  attended_version integer NOT NULL DEFAULT 0,
  dedup_key text,
  occurrences integer NOT NULL DEFAULT 1,
  agent_profile_id text,
  assignee_id text REFERENCES users (id),
  details jsonb NOT NULL,
  root_cause text,
  occurred_at timestamptz(3) NOT NULL,
  detected_at timestamptz(3) NOT NULL,
  awareness_at timestamptz(3),
  disclosed_at timestamptz(3),
  acknowledged_at timestamptz(3),
  mitigated_at timestamptz(3),
  resolved_at timestamptz(3),
  resolved_by text REFERENCES users (id),
  closed_at timestamptz(3),
  article73_class text CHECK (article73_class IN ('widespread', 'death', 'other')),
  reported_at timestamptz(3),
  escalations integer NOT NULL DEFAULT 0,
  reminders integer NOT NULL DEFAULT 0,
  changed_at timestamptz(3) NOT NULL,
  created_by text REFERENCES users (id),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  UNIQUE (org_id, id),
  FOREIGN KEY (org_id, agent_profile_id) REFERENCES agent_profiles (org_id, id)
);
CREATE UNIQUE INDEX incidents_open_key ON incidents (org_id, dedup_key) WHERE state NOT IN ('resolved', 'closed', 'cancelled');
CREATE INDEX incidents_list ON incidents (org_id, created_at DESC, id DESC);
CREATE INDEX incidents_agent ON incidents (org_id, agent_profile_id) WHERE agent_profile_id IS NOT NULL;
CREATE INDEX incidents_unattended ON incidents (severity, id) WHERE attended_version < version;

CREATE TABLE incident_links (
  incident_id text NOT NULL,
  org_id text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('run', 'cook', 'dataset', 'model')),
  target text NOT NULL,
  PRIMARY KEY (incident_id, kind, target),
  FOREIGN KEY (org_id, incident_id) REFERENCES incidents (org_id, id)
);
CREATE INDEX incident_links_target ON incident_links (org_id, kind, target);
CREATE TABLE incident_events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  org_id text NOT NULL,
  incident_id text NOT NULL,
  at timestamptz(3) NOT NULL,
  kind text NOT NULL,
  actor jsonb NOT NULL,
  body jsonb NOT NULL,
  source_key text,
  UNIQUE (org_id, source_key),
  FOREIGN KEY (org_id, incident_id) REFERENCES incidents (org_id, id)
);
CREATE INDEX incident_events_incident ON incident_events (org_id, incident_id, id);
CREATE TRIGGER incident_events_append_only BEFORE UPDATE OR DELETE ON incident_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TABLE incident_freezes (
  incident_id text NOT NULL,
  org_id text NOT NULL,
  subject_id text NOT NULL,
  from_at timestamptz(3) NOT NULL,
  until_at timestamptz(3),
  PRIMARY KEY (incident_id, subject_id, from_at),
  FOREIGN KEY (org_id, incident_id) REFERENCES incidents (org_id, id)
);
CREATE INDEX incident_freezes_subject ON incident_freezes (org_id, subject_id);

-- Evidence of an open critical incident is held, whoever asks for its withdrawal or erasure.
CREATE FUNCTION hold_evidence() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF EXISTS (SELECT 1 FROM incident_freezes f JOIN runs r ON r.org_id = f.org_id AND f.subject_id IN (r.id, r.agent_profile_id)
    WHERE f.org_id = OLD.org_id AND r.id = OLD.run_id AND f.until_at IS NULL)
  THEN RAISE EXCEPTION 'evidence % is held by an open critical incident', OLD.id; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER evidence_hold BEFORE UPDATE OF state, content, object_key ON evidence FOR EACH ROW
  WHEN (NEW.state IN ('withdrawn', 'expired') OR NEW.content IS DISTINCT FROM OLD.content OR NEW.object_key <> OLD.object_key)
  EXECUTE FUNCTION hold_evidence();

CREATE TABLE watchdogs (
  profile_id text PRIMARY KEY,
  org_id text NOT NULL,
  version integer NOT NULL DEFAULT 1,
  mode text NOT NULL DEFAULT 'hook' CHECK (mode IN ('heartbeat', 'cron', 'hook')),
  config jsonb NOT NULL,
  period_seconds integer,
  stuck_after_seconds integer,
  recover_after integer NOT NULL DEFAULT 1,
  auto_resume boolean NOT NULL DEFAULT false,
  paused boolean NOT NULL DEFAULT false,
  muted boolean NOT NULL DEFAULT false,
  health text NOT NULL DEFAULT 'new' CHECK (health IN ('new', 'up', 'late', 'down', 'started', 'stuck')),
  health_at timestamptz(3) NOT NULL DEFAULT now(),
  baseline_at timestamptz(3) NOT NULL DEFAULT now(),
  last_signal_at timestamptz(3),
  last_signal text,
  started_at timestamptz(3),
  progress_token text,
  progress_at timestamptz(3),
  good_signals integer NOT NULL DEFAULT 0,
  episode integer NOT NULL DEFAULT 0,
  opened_episode integer NOT NULL DEFAULT 0,
  ended_episode integer NOT NULL DEFAULT 0,
  fell_at timestamptz(3),
  fell_because text,
  look_at timestamptz(3),
  window_start timestamptz(3),
  window_count integer NOT NULL DEFAULT 0,
  generation integer NOT NULL DEFAULT 1,
  ping_hash text NOT NULL UNIQUE,
  badge_hash text NOT NULL UNIQUE,
  UNIQUE (org_id, profile_id),
  FOREIGN KEY (org_id, profile_id) REFERENCES agent_profiles (org_id, id)
);
CREATE INDEX watchdogs_due ON watchdogs (look_at) WHERE look_at IS NOT NULL;
CREATE TABLE agent_health_events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  org_id text NOT NULL,
  profile_id text NOT NULL,
  at timestamptz(3) NOT NULL,
  kind text NOT NULL,
  because text NOT NULL,
  message text,
  FOREIGN KEY (org_id, profile_id) REFERENCES agent_profiles (org_id, id)
);
CREATE INDEX agent_health_events_profile ON agent_health_events (org_id, profile_id, id DESC);
CREATE TRIGGER agent_health_events_append_only BEFORE UPDATE OR DELETE ON agent_health_events FOR EACH ROW EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT, UPDATE ON agent_profiles, incidents, incident_freezes, watchdogs TO dc_app, dc_worker;
GRANT SELECT, INSERT ON agent_snapshots, incident_links TO dc_app;
GRANT SELECT, INSERT ON incident_events, agent_health_events TO dc_app, dc_worker;
GRANT SELECT (id, org_id, agent_profile_id) ON runs TO dc_worker;
DO $$ DECLARE name text; BEGIN
  FOREACH name IN ARRAY ARRAY['agent_profiles', 'agent_snapshots', 'incidents', 'incident_links', 'incident_events',
    'incident_freezes', 'watchdogs', 'agent_health_events'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY tenant ON %I FOR ALL TO dc_app USING (org_id = current_org())', name);
  END LOOP;
  FOREACH name IN ARRAY ARRAY['agent_profiles', 'incidents', 'incident_events', 'incident_freezes', 'watchdogs', 'agent_health_events'] LOOP
    EXECUTE format('CREATE POLICY sweep ON %I FOR ALL TO dc_worker USING (true)', name);
  END LOOP;
END $$;
CREATE POLICY bearer ON watchdogs FOR SELECT TO dc_app USING (ping_hash = current_token() OR badge_hash = current_token());
${ping}`;
