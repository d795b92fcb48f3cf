/**
 * The platform as an organization of its own, with no members: it issues the receipts of key events. Keys that ended, and
 * logs that take no more leaves.
 */
export const platform = `
SET LOCAL ROLE dc_app;
SELECT set_config('app.org_id', 'org_00000000000000000000000000', true);
INSERT INTO orgs (id, name, alias)
  VALUES ('org_00000000000000000000000000', 'DefendableCloud', replace(gen_random_uuid()::text, '-', ''));
INSERT INTO receipt_heads (org_id, seq, digest)
  SELECT id, 0, encode(sha256(convert_to(E'defendablecloud.com/receipt-chain/v1\\n' || alias, 'UTF8')), 'hex')
  FROM orgs WHERE id = 'org_00000000000000000000000000';
SELECT set_config('app.org_id', '', true);
RESET ROLE;

ALTER TABLE signing_keys ADD COLUMN ended_as text CHECK (ended_as IN ('retired', 'compromised'));
ALTER TABLE ledger_head ADD COLUMN frozen_at timestamptz(3);

CREATE FUNCTION refuse_frozen_log() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF EXISTS (SELECT 1 FROM ledger_head h WHERE h.log_id = NEW.log_id AND h.frozen_at IS NOT NULL) THEN
    RAISE EXCEPTION 'the log % is frozen', NEW.log_id;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_pending_not_frozen BEFORE INSERT ON ledger_pending FOR EACH ROW EXECUTE FUNCTION refuse_frozen_log();
CREATE FUNCTION refuse_thaw() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.size <> OLD.size OR NEW.frozen_at IS DISTINCT FROM OLD.frozen_at OR NEW.paused_reason IS NULL THEN
    RAISE EXCEPTION 'the log % is frozen', OLD.log_id;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_head_stays_frozen BEFORE UPDATE ON ledger_head FOR EACH ROW
  WHEN (OLD.frozen_at IS NOT NULL) EXECUTE FUNCTION refuse_thaw();
`;
