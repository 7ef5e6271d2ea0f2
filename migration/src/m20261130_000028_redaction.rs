//! How the data of an erased person leave what is append-only. While a transaction has a row in `redaction`, which it takes out
//! again before it ends, it may replace the values of audit and history, and nothing else of them. History becomes
//! append-only by trigger too.

crate::dialect::migration! {
    up: r#"
ALTER TABLE client ADD COLUMN erased_at {instant};;
CREATE TABLE redaction (id integer PRIMARY KEY);;
@postgres CREATE FUNCTION refuse_all_but_redaction() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'UPDATE' AND EXISTS (SELECT 1 FROM redaction)
        AND to_jsonb(NEW) - TG_ARGV::text[] = to_jsonb(OLD) - TG_ARGV::text[] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;;
@postgres DROP TRIGGER audit_entry_append_only ON audit_entry;;
@postgres CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_all_but_redaction('changes');;
@postgres CREATE TRIGGER event_log_entry_append_only BEFORE UPDATE OR DELETE ON event_log_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_all_but_redaction('text', 'payload', 'attachments');;
@sqlite DROP TRIGGER audit_entry_no_update;;
@sqlite CREATE TRIGGER audit_entry_no_update BEFORE UPDATE OF id, at, actor_kind, actor_id, actor_name, operation,
    subject_type, subject_id, version, event_id, request_id, address ON audit_entry
    BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END;;
@sqlite CREATE TRIGGER audit_entry_no_redaction BEFORE UPDATE OF changes ON audit_entry
    WHEN NOT EXISTS (SELECT 1 FROM redaction)
    BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END;;
@sqlite CREATE TRIGGER event_log_entry_no_update BEFORE UPDATE OF id, client_id, kind, code, author_kind, author_id,
    author_name, occurred_at, recorded_at, corrects_id ON event_log_entry
    BEGIN SELECT RAISE(ABORT, 'event_log_entry is append-only'); END;;
@sqlite CREATE TRIGGER event_log_entry_no_redaction BEFORE UPDATE OF text, payload, attachments ON event_log_entry
    WHEN NOT EXISTS (SELECT 1 FROM redaction)
    BEGIN SELECT RAISE(ABORT, 'event_log_entry is append-only'); END;;
@sqlite CREATE TRIGGER event_log_entry_no_delete BEFORE DELETE ON event_log_entry
    BEGIN SELECT RAISE(ABORT, 'event_log_entry is append-only'); END;;
"#,
    down: r#"
@sqlite DROP TRIGGER event_log_entry_no_delete;;
@sqlite DROP TRIGGER event_log_entry_no_redaction;;
@sqlite DROP TRIGGER event_log_entry_no_update;;
@sqlite DROP TRIGGER audit_entry_no_redaction;;
@sqlite DROP TRIGGER audit_entry_no_update;;
@sqlite CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry
    BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END;;
@postgres DROP TRIGGER event_log_entry_append_only ON event_log_entry;;
@postgres DROP TRIGGER audit_entry_append_only ON audit_entry;;
@postgres CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();;
@postgres DROP FUNCTION refuse_all_but_redaction();;
DROP TABLE redaction;;
ALTER TABLE client DROP COLUMN erased_at;;
"#,
}
