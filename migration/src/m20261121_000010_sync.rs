//! The ledger of what is kept alike here and in another system: a row for each of our things that is synced, under the
//! thing's own id. `generation` counts the changes that are to be sent, `sent_at` is set while nobody knows whether what was
//! sent arrived, `agreed` is what both sides held when they last met,
//! `seen` what stood there when it was last looked at. `sync_peer` names the system that the ledger tells of. `sync_pull` remembers how far was pulled.

crate::dialect::migration! {
    up: r#"
CREATE TABLE sync_external (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL,
    local_type {key} NOT NULL,
    client_id {uuid} REFERENCES client (id) ON DELETE CASCADE,
    status {key} NOT NULL,
    direction text NOT NULL,
    external_model {key},
    external_id bigint,
    generation integer NOT NULL,
    attempts integer NOT NULL,
    next_attempt_at {instant} NOT NULL,
    claim {uuid},
    sent_at {instant},
    gone boolean NOT NULL,
    agreed {json},
    seen {json},
    payload_hash text,
    payload {json},
    last_error text,
    hint text,
    fingerprint {key},
    failed_at {instant},
    discarded text,
    synced_at {instant},
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL
);;
CREATE INDEX sync_external_due ON sync_external (local_type, next_attempt_at, id)
    WHERE status IN ('PENDING', 'IN_FLIGHT', 'ERROR');;
CREATE UNIQUE INDEX sync_external_there ON sync_external (external_model, external_id)
    WHERE external_id IS NOT NULL;;
CREATE INDEX sync_external_failed ON sync_external (failed_at, id) WHERE failed_at IS NOT NULL;;
CREATE INDEX sync_external_alike ON sync_external (fingerprint) WHERE failed_at IS NOT NULL;;
CREATE INDEX sync_external_client ON sync_external (client_id) WHERE client_id IS NOT NULL;;
CREATE TABLE sync_peer (
    id integer PRIMARY KEY,
    name text NOT NULL,
    trouble text
);;
CREATE TABLE sync_pull (
    model {key} PRIMARY KEY,
    watermark {instant} NOT NULL
);;
"#,
    down: r#"
DROP TABLE sync_pull;;
DROP TABLE sync_peer;;
DROP TABLE sync_external;;
"#,
}
