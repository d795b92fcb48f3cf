/** Applications, paid memberships with their history, refunds that were owed, and the events that Stripe sent. */
export const membership = `
CREATE TABLE applications (
  id text PRIMARY KEY,
  org_id text NOT NULL REFERENCES orgs (id),
  slug text NOT NULL UNIQUE,
  applied_by text NOT NULL REFERENCES users (id),
  answers jsonb NOT NULL,
  state text NOT NULL CHECK (state IN ('submitted', 'approved', 'rejected')),
  decided_by text,
  decided_at timestamptz(3),
  note text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  UNIQUE (org_id, id)
);
CREATE UNIQUE INDEX applications_one_open ON applications (org_id) WHERE state = 'submitted';
CREATE INDEX applications_newest ON applications (created_at DESC, id DESC);

CREATE TABLE paid_memberships (
  org_id text PRIMARY KEY REFERENCES orgs (id),
  id text NOT NULL UNIQUE,
  state text NOT NULL,
  because text NOT NULL,
  version integer NOT NULL DEFAULT 1,
  decision text NOT NULL CHECK (decision IN ('none', 'submitted', 'approved', 'rejected')),
  application_id text,
  stripe_customer_id text UNIQUE,
  stripe_subscription_id text,
  checkout_attempt integer NOT NULL DEFAULT 0,
  checkout_price_id text,
  checkout_session_id text UNIQUE,
  checkout_url text,
  checkout_expires_at timestamptz(3),
  period_start timestamptz(3),
  period_end timestamptz(3),
  access_until timestamptz(3),
  cancel_at_period_end boolean NOT NULL DEFAULT false,
  comped_until timestamptz(3),
  suspended_because text,
  was_member boolean NOT NULL DEFAULT false,
  reminders integer NOT NULL DEFAULT 0,
  facts jsonb NOT NULL,
  ticket bigint NOT NULL DEFAULT 0,
  applied_ticket bigint NOT NULL DEFAULT 0,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  UNIQUE (org_id, id),
  FOREIGN KEY (org_id, application_id) REFERENCES applications (org_id, id)
);
CREATE INDEX paid_memberships_payments ON paid_memberships USING gin (facts jsonb_path_ops);
CREATE TABLE membership_changes (
  id text PRIMARY KEY,
  org_id text NOT NULL,
  membership_id text NOT NULL,
  before text NOT NULL,
  after text NOT NULL,
  because text NOT NULL,
  period_start timestamptz(3),
  period_end timestamptz(3),
  event text,
  occasion text,
  receipt_id text,
  at timestamptz(3) NOT NULL DEFAULT now(),
  FOREIGN KEY (org_id, membership_id) REFERENCES paid_memberships (org_id, id)
);
CREATE INDEX membership_changes_org ON membership_changes (org_id, at);
CREATE INDEX membership_changes_owed ON membership_changes (org_id) WHERE occasion IS NOT NULL AND receipt_id IS NULL;
CREATE TABLE membership_refunds (
  payment_id text PRIMARY KEY,
  org_id text NOT NULL REFERENCES orgs (id),
  at timestamptz(3) NOT NULL DEFAULT now()
);
CREATE INDEX membership_refunds_org ON membership_refunds (org_id);
CREATE TABLE stripe_events (
  id text PRIMARY KEY,
  type text NOT NULL,
  created_at timestamptz(3) NOT NULL,
  customer_id text,
  payment_id text,
  membership_id text,
  org_id text REFERENCES orgs (id),
  received_at timestamptz(3) NOT NULL DEFAULT now(),
  processed_at timestamptz(3),
  outcome text
);
CREATE INDEX stripe_events_owed ON stripe_events (received_at) WHERE processed_at IS NULL;
CREATE INDEX stripe_events_newest ON stripe_events (received_at DESC, id DESC);
CREATE INDEX stripe_events_org ON stripe_events (org_id);

GRANT SELECT, INSERT, UPDATE ON applications, paid_memberships, membership_changes TO dc_app;
GRANT SELECT, INSERT ON membership_refunds TO dc_app;
GRANT SELECT, UPDATE ON stripe_events TO dc_app;
GRANT SELECT ON applications, paid_memberships, orgs TO dc_worker;
GRANT SELECT, INSERT, UPDATE ON stripe_events TO dc_worker;

ALTER TABLE applications ENABLE ROW LEVEL SECURITY; ALTER TABLE applications FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON applications FOR ALL TO dc_app USING (org_id = current_org());
CREATE POLICY desk ON applications FOR SELECT TO dc_worker USING (true);
ALTER TABLE paid_memberships ENABLE ROW LEVEL SECURITY; ALTER TABLE paid_memberships FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON paid_memberships FOR ALL TO dc_app USING (org_id = current_org());
CREATE POLICY sweep ON paid_memberships FOR SELECT TO dc_worker USING (true);
ALTER TABLE membership_changes ENABLE ROW LEVEL SECURITY; ALTER TABLE membership_changes FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON membership_changes USING (org_id = current_org());
ALTER TABLE membership_refunds ENABLE ROW LEVEL SECURITY; ALTER TABLE membership_refunds FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON membership_refunds USING (org_id = current_org());
ALTER TABLE stripe_events ENABLE ROW LEVEL SECURITY; ALTER TABLE stripe_events FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON stripe_events FOR ALL TO dc_app USING (org_id = current_org());
CREATE POLICY sweep ON stripe_events FOR ALL TO dc_worker USING (true);
CREATE POLICY desk ON orgs FOR SELECT TO dc_worker USING (true);
`;
