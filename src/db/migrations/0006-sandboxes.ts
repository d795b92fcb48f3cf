/** A sandbox is an organization of its own beside its parent: same people, own runs, own log, for test keys. */
export const sandboxes = `
ALTER TABLE orgs ADD COLUMN sandbox_of text UNIQUE REFERENCES orgs (id);
CREATE POLICY parent ON orgs USING (sandbox_of = current_org());
ALTER TABLE api_keys ADD COLUMN acts_in text REFERENCES orgs (id);
ALTER TABLE api_keys ADD CONSTRAINT test_keys_act_in_a_sandbox CHECK ((mode = 'test') = (acts_in IS NOT NULL));

DROP FUNCTION key_now(text[], smallint);
CREATE FUNCTION key_now(p_digests text[], p_version smallint)
RETURNS TABLE (key_id text, org_id text, user_id text, role text, scopes text[], name text, mode text) LANGUAGE plpgsql AS $$
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
  RETURN QUERY SELECT k.id, coalesce(k.acts_in, k.org_id), k.created_by, m.role, k.scopes, k.name, k.mode
    FROM memberships m WHERE m.org_id = k.org_id AND m.user_id = k.created_by;
END $$;
`;
