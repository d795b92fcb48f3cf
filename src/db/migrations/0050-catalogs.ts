/**
 * What the platform publishes for everybody (model cards, dataset packages, policies: no organization, written by
 * dc_worker alone) and what an organization did with it (pins, grants).
 */
export const catalogs = `
CREATE TABLE model_cards (
  slug text NOT NULL,
  revision text NOT NULL,
  sha256 text NOT NULL,
  card jsonb NOT NULL,
  state text NOT NULL DEFAULT 'listed' CHECK (state IN ('listed', 'deprecated', 'withdrawn')),
  because text,
  is_current boolean NOT NULL DEFAULT true,
  family text NOT NULL,
  licence text NOT NULL,
  modalities text[] NOT NULL,
  languages text[] NOT NULL,
  params_total bigint NOT NULL,
  words text NOT NULL,
  search tsvector GENERATED ALWAYS AS (to_tsvector('simple', words)) STORED,
  published_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (slug, sha256)
);
CREATE UNIQUE INDEX model_cards_current ON model_cards (slug) WHERE is_current;
CREATE INDEX model_cards_search ON model_cards USING gin (search);

CREATE TABLE dataset_packages (
  slug text NOT NULL,
  version text NOT NULL,
  manifest_root text NOT NULL,
  package jsonb NOT NULL,
  samples jsonb NOT NULL,
  state text NOT NULL DEFAULT 'listed' CHECK (state IN ('listed', 'deprecated', 'withdrawn')),
  because text,
  is_current boolean NOT NULL DEFAULT true,
  title text NOT NULL,
  licence text NOT NULL,
  tier text NOT NULL,
  tasks text[] NOT NULL,
  languages text[] NOT NULL,
  bytes bigint NOT NULL,
  records bigint NOT NULL,
  words text NOT NULL,
  search tsvector GENERATED ALWAYS AS (to_tsvector('simple', words)) STORED,
  published_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (slug, version)
);
CREATE UNIQUE INDEX dataset_packages_current ON dataset_packages (slug) WHERE is_current;
CREATE INDEX dataset_packages_search ON dataset_packages USING gin (search);
CREATE INDEX dataset_packages_tasks ON dataset_packages USING gin (tasks);
CREATE INDEX dataset_packages_languages ON dataset_packages USING gin (languages);

CREATE TABLE training_policies (
  version text PRIMARY KEY,
  sha256 text NOT NULL,
  policy jsonb NOT NULL,
  effective_at timestamptz(3) NOT NULL,
  published_at timestamptz(3) NOT NULL DEFAULT now()
);

CREATE TABLE catalog_stagings (
  id text PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('dataset', 'model', 'policy')),
  slug text NOT NULL,
  version text NOT NULL,
  digest text NOT NULL,
  document jsonb NOT NULL,
  state text NOT NULL DEFAULT 'staged' CHECK (state IN ('staged', 'published', 'discarded')),
  staged_by text NOT NULL,
  published_by text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  published_at timestamptz(3),
  UNIQUE (kind, slug, version, digest)
);
CREATE TABLE catalog_events (
  id text PRIMARY KEY,
  at timestamptz(3) NOT NULL DEFAULT now(),
  actor text NOT NULL,
  action text NOT NULL,
  kind text NOT NULL,
  slug text NOT NULL,
  version text NOT NULL,
  digest text,
  because text,
  request_id text NOT NULL
);
CREATE INDEX catalog_events_newest ON catalog_events (at DESC, id DESC);

CREATE TABLE model_pins (
  id text PRIMARY KEY,
  org_id text NOT NULL REFERENCES orgs (id),
  slug text NOT NULL,
  revision text NOT NULL,
  card_sha256 text NOT NULL,
  files jsonb NOT NULL,
  run_id text,
  declaration text,
  client_ref text,
  assessment_id text,
  pinned_by text NOT NULL REFERENCES users (id),
  key_id text,
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'superseded')),
  superseded_by text,
  receipt_id text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  UNIQUE (org_id, id),
  FOREIGN KEY (org_id, run_id) REFERENCES runs (org_id, id),
  FOREIGN KEY (slug, card_sha256) REFERENCES model_cards (slug, sha256)
);
CREATE UNIQUE INDEX model_pins_active ON model_pins (org_id, slug, coalesce(run_id, '')) WHERE state = 'active';
CREATE INDEX model_pins_newest ON model_pins (org_id, created_at DESC, id DESC);
CREATE INDEX model_pins_run ON model_pins (org_id, run_id) WHERE run_id IS NOT NULL;

CREATE TABLE dataset_grants (
  id text PRIMARY KEY,
  org_id text NOT NULL REFERENCES orgs (id),
  slug text NOT NULL,
  version text NOT NULL,
  manifest_root text NOT NULL,
  files jsonb NOT NULL,
  purpose text NOT NULL,
  uses text[] NOT NULL,
  licence_sha256 text NOT NULL,
  policy_version text NOT NULL,
  principal text NOT NULL,
  granted_to text NOT NULL REFERENCES users (id),
  key_id text,
  issued_at timestamptz(3) NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  max_redemptions integer NOT NULL,
  redemptions integer NOT NULL DEFAULT 0 CHECK (redemptions <= max_redemptions),
  redeemed_at timestamptz(3),
  revoked_at timestamptz(3),
  revoked_because text,
  receipt_id text NOT NULL,
  UNIQUE (org_id, id),
  FOREIGN KEY (slug, version) REFERENCES dataset_packages (slug, version),
  FOREIGN KEY (policy_version) REFERENCES training_policies (version)
);
CREATE INDEX dataset_grants_window ON dataset_grants (org_id, issued_at);
CREATE INDEX dataset_grants_newest ON dataset_grants (org_id, issued_at DESC, id DESC);
CREATE INDEX dataset_grants_live ON dataset_grants (slug, version) WHERE revoked_at IS NULL;

GRANT SELECT ON model_cards, dataset_packages, training_policies TO dc_app, dc_worker;
GRANT INSERT, UPDATE ON model_cards, dataset_packages TO dc_worker;
GRANT INSERT ON training_policies TO dc_worker;
GRANT SELECT, INSERT, UPDATE ON catalog_stagings TO dc_worker;
GRANT SELECT, INSERT ON catalog_events TO dc_worker;
GRANT SELECT, INSERT, UPDATE ON model_pins, dataset_grants TO dc_app;
GRANT SELECT (slug, version, revoked_at, expires_at) ON dataset_grants TO dc_worker;
GRANT UPDATE (revoked_at, revoked_because) ON dataset_grants TO dc_worker;

ALTER TABLE model_pins ENABLE ROW LEVEL SECURITY; ALTER TABLE model_pins FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON model_pins USING (org_id = current_org());
ALTER TABLE dataset_grants ENABLE ROW LEVEL SECURITY; ALTER TABLE dataset_grants FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON dataset_grants FOR ALL TO dc_app USING (org_id = current_org());
CREATE POLICY withdrawal ON dataset_grants FOR ALL TO dc_worker USING (true);
`;
