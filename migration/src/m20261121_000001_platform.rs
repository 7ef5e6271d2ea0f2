//! What every write leaves beside its data: the audit, the outbox, the idempotency keys and the jobs.

crate::dialect::migration! {
    up: r#"
CREATE TABLE audit_entry (
    id {uuid} PRIMARY KEY,
    at {instant} NOT NULL,
    actor_kind text NOT NULL,
    actor_id {uuid},
    actor_name text NOT NULL,
    operation {key} NOT NULL,
    subject_type {key} NOT NULL,
    subject_id {uuid} NOT NULL,
    version integer NOT NULL,
    event_id {uuid} NOT NULL,
    changes {json} NOT NULL,
    request_id text,
    address text
);;
CREATE INDEX audit_entry_at ON audit_entry (at, id);;
CREATE INDEX audit_entry_subject ON audit_entry (subject_id, version);;
CREATE INDEX audit_entry_actor ON audit_entry (actor_id, at, id);;
CREATE INDEX audit_entry_operation ON audit_entry (operation, at, id);;
CREATE INDEX audit_entry_event ON audit_entry (event_id);;
@postgres CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;;
@postgres CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();;
@sqlite CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry
    BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END;;
@sqlite CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry
    BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END;;

CREATE TABLE outbox (
    id {uuid} PRIMARY KEY,
    event_id {uuid} NOT NULL,
    position bigint UNIQUE,
    topic text NOT NULL,
    kind text NOT NULL,
    subject_id {uuid} NOT NULL,
    version integer NOT NULL,
    changed_fields {json} NOT NULL,
    audience {json} NOT NULL,
    created_at {instant} NOT NULL
);;
CREATE INDEX outbox_waiting ON outbox (id) WHERE position IS NULL;;

CREATE TABLE idempotency_key (
    actor_id {uuid} NOT NULL,
    key {key} NOT NULL,
    operation text NOT NULL,
    input_hash text NOT NULL,
    event_id {uuid} NOT NULL,
    created_at {instant} NOT NULL,
    PRIMARY KEY (actor_id, key)
);;
CREATE INDEX idempotency_key_age ON idempotency_key (created_at);;

CREATE TABLE job (
    id {uuid} PRIMARY KEY,
    kind {key} NOT NULL,
    payload {json} NOT NULL,
    dedup_key {key} UNIQUE,
    run_at {instant} NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    leased_until {instant},
    last_error text,
    dead_at {instant},
    created_at {instant} NOT NULL
);;
CREATE INDEX job_due ON job (run_at) WHERE dead_at IS NULL;;
"#,
    down: r#"
DROP TABLE job;;
DROP TABLE idempotency_key;;
DROP TABLE outbox;;
DROP TABLE audit_entry;;
@postgres DROP FUNCTION refuse_change();;
"#,
}
