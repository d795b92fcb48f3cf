/**
 * Where an organization wants to be told, what it is told, and how each telling went. Triggers write what is told in the
 * transaction of the fact itself, whoever writes the fact; nothing is written for an organization that did not ask.
 */
export const webhooks = `
CREATE TABLE webhook_endpoints (
  id text PRIMARY KEY,
  org_id text NOT NULL REFERENCES orgs (id),
  url text NOT NULL,
  description text NOT NULL,
  events text[] NOT NULL,
  state text NOT NULL CHECK (state IN ('enabled', 'disabled', 'deleted')),
  because text CHECK (because IN ('by_person', 'gone', 'failing')),
  version integer NOT NULL DEFAULT 1,
  generation integer NOT NULL DEFAULT 1,
  earlier_until timestamptz(3),
  failing_since timestamptz(3),
  created_by text NOT NULL REFERENCES users (id),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  UNIQUE (org_id, id)
);
CREATE INDEX webhook_endpoints_list ON webhook_endpoints (org_id, created_at DESC, id DESC);
CREATE TABLE webhook_messages (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text NOT NULL UNIQUE DEFAULT 'msg_' || replace(gen_random_uuid()::text, '-', ''),
  org_id text NOT NULL REFERENCES orgs (id),
  type text NOT NULL,
  object text NOT NULL,
  data jsonb NOT NULL,
  at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (org_id, seq)
);
CREATE TRIGGER webhook_messages_append_only BEFORE UPDATE OR DELETE ON webhook_messages FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TABLE webhook_deliveries (
  endpoint_id text NOT NULL,
  seq bigint NOT NULL,
  org_id text NOT NULL,
  object text NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'failed')),
  attempts integer NOT NULL DEFAULT 0,
  due_at timestamptz(3) NOT NULL DEFAULT now(),
  leased_until timestamptz(3),
  PRIMARY KEY (endpoint_id, seq),
  UNIQUE (org_id, endpoint_id, seq),
  FOREIGN KEY (org_id, endpoint_id) REFERENCES webhook_endpoints (org_id, id),
  FOREIGN KEY (org_id, seq) REFERENCES webhook_messages (org_id, seq)
);
CREATE INDEX webhook_deliveries_message ON webhook_deliveries (org_id, seq);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (due_at, seq) WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_order ON webhook_deliveries (endpoint_id, object, seq) WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_leased ON webhook_deliveries (endpoint_id, leased_until) WHERE leased_until IS NOT NULL;
CREATE TABLE webhook_attempts (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  endpoint_id text NOT NULL,
  seq bigint NOT NULL,
  org_id text NOT NULL,
  at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  status integer,
  error text,
  duration_ms integer NOT NULL,
  FOREIGN KEY (org_id, endpoint_id, seq) REFERENCES webhook_deliveries (org_id, endpoint_id, seq)
);
CREATE INDEX webhook_attempts_delivery ON webhook_attempts (org_id, endpoint_id, seq);
CREATE TRIGGER webhook_attempts_append_only BEFORE UPDATE OR DELETE ON webhook_attempts FOR EACH ROW EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT, UPDATE ON webhook_endpoints, webhook_deliveries TO dc_app, dc_worker;
GRANT SELECT, INSERT ON webhook_messages, webhook_attempts TO dc_app, dc_worker;
DO $$ DECLARE name text; BEGIN
  FOREACH name IN ARRAY ARRAY['webhook_endpoints', 'webhook_messages', 'webhook_deliveries', 'webhook_attempts'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY tenant ON %I FOR ALL TO dc_app USING (org_id = current_org())', name);
    EXECUTE format('CREATE POLICY sweep ON %I FOR ALL TO dc_worker USING (true)', name);
  END LOOP;
END $$;

-- '*' is every event of the organization itself; the public log's checkpoints are told to those who name them.
CREATE FUNCTION webhook_wants(events text[], type text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT type = ANY (events) OR (type <> 'ledger.checkpoint' AND ('*' = ANY (events) OR regexp_replace(type, '[^.]+$', '*') = ANY (events)))
$$;
CREATE FUNCTION tell_webhooks(p_org text, p_type text, p_object text, p_data jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE wanting text[]; m webhook_messages%ROWTYPE;
BEGIN
  SELECT array_agg(e.id) INTO wanting FROM webhook_endpoints e
    WHERE e.org_id = p_org AND e.state = 'enabled' AND webhook_wants(e.events, p_type);
  IF wanting IS NULL THEN RETURN; END IF;
  INSERT INTO webhook_messages (org_id, type, object, data) VALUES (p_org, p_type, p_object, p_data) RETURNING * INTO m;
  INSERT INTO webhook_deliveries (endpoint_id, seq, org_id, object) SELECT unnest(wanting), m.seq, p_org, p_object;
  NOTIFY webhooks;
END $$;

CREATE FUNCTION tell_run() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE type text;
BEGIN
  type := CASE NEW.state
    WHEN 'submitted' THEN 'run.submitted'
    WHEN 'in_review' THEN 'check.opened'
    WHEN 'audited' THEN 'approval.requested'
    WHEN 'approved' THEN 'approval.decided'
    WHEN 'rejected' THEN 'approval.decided'
    WHEN 'escalated' THEN 'approval.decided' END;
  IF OLD.state <> 'in_review' AND NEW.state IN ('in_review', 'audited') THEN
    PERFORM tell_webhooks(NEW.org_id, 'run.audited', NEW.id, jsonb_build_object('run_id', NEW.id, 'state', NEW.state));
  END IF;
  IF type IS NOT NULL THEN
    PERFORM tell_webhooks(NEW.org_id, type, NEW.id, jsonb_build_object('run_id', NEW.id, 'state', NEW.state));
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER runs_told AFTER UPDATE OF state ON runs FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION tell_run();

CREATE FUNCTION tell_receipt() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  PERFORM tell_webhooks(NEW.org_id, 'receipt.issued', NEW.subject_id,
    jsonb_build_object('receipt_id', NEW.id, 'kind', NEW.kind, 'subject_id', NEW.subject_id));
  RETURN NULL;
END $$;
CREATE TRIGGER receipts_told AFTER INSERT ON receipts FOR EACH ROW EXECUTE FUNCTION tell_receipt();

CREATE FUNCTION tell_incident() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  PERFORM tell_webhooks(NEW.org_id, 'incident.' || NEW.kind, NEW.incident_id,
    (SELECT jsonb_build_object('incident_id', i.id, 'state', i.state, 'severity', i.severity, 'kind', i.kind, 'agent_profile_id', i.agent_profile_id)
      FROM incidents i WHERE i.org_id = NEW.org_id AND i.id = NEW.incident_id));
  RETURN NULL;
END $$;
CREATE TRIGGER incident_events_told AFTER INSERT ON incident_events FOR EACH ROW EXECUTE FUNCTION tell_incident();

CREATE FUNCTION tell_agent() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  PERFORM tell_webhooks(NEW.org_id, 'agent.health.' || NEW.kind, NEW.profile_id,
    jsonb_build_object('agent_profile_id', NEW.profile_id, 'health', NEW.kind));
  RETURN NULL;
END $$;
CREATE TRIGGER agent_health_told AFTER INSERT ON agent_health_events FOR EACH ROW
  WHEN (NEW.kind IN ('new', 'up', 'late', 'down', 'started', 'stuck')) EXECUTE FUNCTION tell_agent();

CREATE FUNCTION tell_membership() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  PERFORM tell_webhooks(NEW.org_id, 'membership.' || NEW.after, NEW.membership_id,
    jsonb_build_object('membership_id', NEW.membership_id, 'state', NEW.after, 'because', NEW.because));
  RETURN NULL;
END $$;
CREATE TRIGGER membership_changes_told AFTER INSERT ON membership_changes FOR EACH ROW EXECUTE FUNCTION tell_membership();

CREATE FUNCTION tell_cook() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  PERFORM tell_webhooks(NEW.org_id, 'cook.' || NEW.state, NEW.id,
    jsonb_build_object('cook_id', NEW.id, 'run_id', NEW.run_id, 'state', NEW.state, 'attempt', NEW.attempt));
  RETURN NULL;
END $$;
CREATE TRIGGER cooks_told AFTER INSERT ON cooks FOR EACH ROW EXECUTE FUNCTION tell_cook();
CREATE TRIGGER cooks_moved_told AFTER UPDATE OF state ON cooks FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION tell_cook();

CREATE FUNCTION tell_grant() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  PERFORM tell_webhooks(NEW.org_id, 'grant.issued', NEW.id,
    jsonb_build_object('grant_id', NEW.id, 'dataset', NEW.slug, 'version', NEW.version));
  RETURN NULL;
END $$;
CREATE TRIGGER dataset_grants_told AFTER INSERT ON dataset_grants FOR EACH ROW EXECUTE FUNCTION tell_grant();

CREATE FUNCTION tell_checkpoint() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE e record;
BEGIN
  FOR e IN SELECT DISTINCT org_id FROM webhook_endpoints WHERE state = 'enabled' AND 'ledger.checkpoint' = ANY (events) LOOP
    PERFORM tell_webhooks(e.org_id, 'ledger.checkpoint', NEW.log_id, jsonb_build_object('origin', NEW.log_id, 'size', NEW.size));
  END LOOP;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_checkpoint_told AFTER INSERT ON ledger_checkpoint FOR EACH ROW
  WHEN (NEW.log_id NOT LIKE 'sandbox.%') EXECUTE FUNCTION tell_checkpoint();
`;
