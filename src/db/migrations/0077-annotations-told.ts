/** What becomes of a receipt later is told to webhooks as receipt.revoked, receipt.superseded and receipt.erased. */
export const annotationsTold = `
CREATE FUNCTION tell_annotation() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  PERFORM tell_webhooks(NEW.org_id, 'receipt.' || NEW.status, NEW.receipt_id,
    jsonb_build_object('receipt_id', NEW.receipt_id, 'status', NEW.status));
  RETURN NULL;
END $$;
CREATE TRIGGER receipt_annotations_told AFTER INSERT ON receipt_annotations FOR EACH ROW EXECUTE FUNCTION tell_annotation();
`;
