/** Sessions with rotating refresh tokens, API keys, internal keys, sandboxes, usage counters, a fuller audit log. */
export const identity = `
ALTER TABLE magic_links ADD COLUMN code_hash text, ADD COLUMN code_attempts integer NOT NULL DEFAULT 0;
ALTER TABLE memberships ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE invites ADD COLUMN revoked_at timestamptz(3), ADD COLUMN generation integer NOT NULL DEFAULT 0;
ALTER TABLE audit_events ADD COLUMN network text;
CREATE INDEX audit_events_newest ON audit_events (org_id, at DESC, id DESC);

CREATE TABLE sessions (
  id text PRIMARY KEY,
  org_id text NOT NULL REFERENCES orgs (id),
  user_id text NOT NULL REFERENCES users (id),
  network text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  refreshed_at timestamptz(3) NOT NULL DEFAULT now(),
  expires_at timestamptz(3) NOT NULL,
  ended_at timestamptz(3),
  ended_because text,
  UNIQUE (org_id, id)
);
CREATE INDEX sessions_live ON sessions (org_id, user_id) WHERE ended_at IS NULL;
CREATE TABLE refresh_tokens (
  id text PRIMARY KEY,
  org_id text NOT NULL,
  session_id text NOT NULL,
  token_hash text NOT NULL UNIQUE,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  used_at timestamptz(3),
  FOREIGN KEY (org_id, session_id) REFERENCES sessions (org_id, id)
);
CREATE INDEX refresh_tokens_session ON refresh_tokens (org_id, session_id);

CREATE TABLE api_keys (
  id text PRIMARY KEY,
  org_id text NOT NULL REFERENCES orgs (id),
  name text NOT NULL,
  mode text NOT NULL CHECK (mode IN ('live', 'test')),
  scopes text[] NOT NULL,
  hint text NOT NULL,
  digest text NOT NULL UNIQUE,
  pepper_version smallint NOT NULL,
  created_by text NOT NULL REFERENCES users (id),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  expires_at timestamptz(3),
  last_used_at timestamptz(3),
  revoked_at timestamptz(3),
  replaces text,
  UNIQUE (org_id, id),
  FOREIGN KEY (org_id, replaces) REFERENCES api_keys (org_id, id)
);
CREATE INDEX api_keys_org ON api_keys (org_id, created_at);
CREATE TABLE internal_keys (
  id text PRIMARY KEY,
  name text NOT NULL,
  scopes text[] NOT NULL,
  hint text NOT NULL,
  digest text NOT NULL UNIQUE,
  pepper_version smallint NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  expires_at timestamptz(3),
  last_used_at timestamptz(3),
  revoked_at timestamptz(3)
);
CREATE TABLE usage_counters (
  org_id text NOT NULL REFERENCES orgs (id),
  month date NOT NULL,
  kind text NOT NULL,
  shard smallint NOT NULL,
  amount bigint NOT NULL,
  PRIMARY KEY (org_id, month, kind, shard)
);

GRANT SELECT, INSERT, UPDATE ON sessions, refresh_tokens, api_keys, usage_counters TO dc_app;
GRANT SELECT ON internal_keys TO dc_app;
GRANT UPDATE (last_used_at) ON internal_keys TO dc_app;

ALTER TABLE sessions ENABLE ROW LEVEL SECURITY; ALTER TABLE sessions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON sessions USING (org_id = current_org());
ALTER TABLE refresh_tokens ENABLE ROW LEVEL SECURITY; ALTER TABLE refresh_tokens FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON refresh_tokens USING (org_id = current_org());
CREATE POLICY bearer ON refresh_tokens FOR SELECT USING (token_hash = current_token());
ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY; ALTER TABLE api_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON api_keys USING (org_id = current_org());
CREATE POLICY bearer ON api_keys FOR SELECT
  USING (digest = ANY (string_to_array(current_setting('app.key_digests', true), ',')));
ALTER TABLE usage_counters ENABLE ROW LEVEL SECURITY; ALTER TABLE usage_counters FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON usage_counters USING (org_id = current_org());

CREATE FUNCTION session_now(p_org text, p_user text, p_session text)
RETURNS TABLE (role text, approver boolean, email text) LANGUAGE plpgsql AS $$ BEGIN
  PERFORM set_config('app.org_id', p_org, true);
  RETURN QUERY SELECT m.role, m.approver, u.email FROM memberships m
    JOIN sessions s ON s.org_id = m.org_id AND s.user_id = m.user_id JOIN users u ON u.id = m.user_id
    WHERE m.org_id = p_org AND m.user_id = p_user AND s.id = p_session AND s.ended_at IS NULL AND s.expires_at > now();
END $$;

CREATE FUNCTION key_now(p_digests text[], p_version smallint)
RETURNS TABLE (key_id text, org_id text, user_id text, role text, scopes text[]) LANGUAGE plpgsql AS $$
DECLARE k api_keys%ROWTYPE;
BEGIN
  PERFORM set_config('app.key_digests', array_to_string(p_digests, ','), true);
  SELECT * INTO k FROM api_keys a WHERE a.digest = ANY (p_digests) AND a.revoked_at IS NULL
    AND (a.expires_at IS NULL OR a.expires_at > now());
  IF NOT FOUND THEN RETURN; END IF;
  PERFORM set_config('app.org_id', k.org_id, true);
  IF k.digest <> p_digests[1] OR k.last_used_at IS NULL OR k.last_used_at < now() - interval '1 minute' THEN
    UPDATE api_keys a SET last_used_at = now(), digest = p_digests[1], pepper_version = p_version WHERE a.id = k.id;
  END IF;
  RETURN QUERY SELECT k.id, k.org_id, k.created_by, m.role, k.scopes FROM memberships m
    WHERE m.org_id = k.org_id AND m.user_id = k.created_by;
END $$;

CREATE FUNCTION internal_key_now(p_digests text[])
RETURNS TABLE (key_id text, scopes text[]) LANGUAGE plpgsql AS $$
DECLARE k internal_keys%ROWTYPE;
BEGIN
  SELECT * INTO k FROM internal_keys i WHERE i.digest = ANY (p_digests) AND i.revoked_at IS NULL
    AND (i.expires_at IS NULL OR i.expires_at > now());
  IF NOT FOUND THEN RETURN; END IF;
  IF k.last_used_at IS NULL OR k.last_used_at < now() - interval '1 minute' THEN
    UPDATE internal_keys i SET last_used_at = now() WHERE i.id = k.id;
  END IF;
  RETURN QUERY SELECT k.id, k.scopes;
END $$;
`;
