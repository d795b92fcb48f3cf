/** The whole check engine: exact findings, second graders, waivers, frozen inputs, and sheets of organizations. */
export const checks = `
ALTER TABLE checks DROP CONSTRAINT checks_kind_check;
ALTER TABLE checks ADD CONSTRAINT checks_kind_check CHECK (kind IN ('auto', 'human', 'dual'));
ALTER TABLE checks
  ADD COLUMN difference text,
  ADD COLUMN pointers jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN engine_status text,
  ADD COLUMN grades jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN waiver jsonb;
ALTER TABLE runs ADD COLUMN waiver_until timestamptz(3);

ALTER TABLE approvals DROP CONSTRAINT approvals_decision_check;
ALTER TABLE approvals ADD CONSTRAINT approvals_decision_check
  CHECK (decision IN ('approved', 'rejected', 'escalated', 'abstained'));
ALTER TABLE approvals ADD COLUMN withdrawn_at timestamptz(3);

CREATE TABLE audit_inputs (
  audit_id text PRIMARY KEY,
  org_id text NOT NULL,
  inputs text NOT NULL,
  FOREIGN KEY (org_id, audit_id) REFERENCES audits (org_id, id)
);

CREATE TABLE flight_sheets (
  id text PRIMARY KEY,
  org_id text NOT NULL REFERENCES orgs (id),
  slug text NOT NULL,
  version text NOT NULL,
  version_order integer[] NOT NULL,
  digest text NOT NULL,
  state text NOT NULL CHECK (state IN ('draft', 'active', 'deprecated', 'retired')),
  sheet jsonb NOT NULL,
  created_by text NOT NULL REFERENCES users (id),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  UNIQUE (org_id, slug, version)
);

GRANT SELECT, INSERT ON audit_inputs TO dc_app;
GRANT SELECT, INSERT ON flight_sheets TO dc_app;
GRANT UPDATE (state, updated_at) ON flight_sheets TO dc_app;
DO $$ DECLARE name text; BEGIN
  FOREACH name IN ARRAY ARRAY['audit_inputs', 'flight_sheets'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY tenant ON %I FOR ALL TO dc_app USING (org_id = current_org())', name);
  END LOOP;
END $$;
`;
