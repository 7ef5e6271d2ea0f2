//! How the two directions of each model of Odoo go, for admins: `succeeded_at` is the last time that one went well, `failing_since`
//! is empty while it does. And several notes may stand in one message there, so that the ids of messages are no key.

crate::dialect::migration! {
    up: r#"
CREATE TABLE sync_lane (
    direction {key} NOT NULL,
    model {key} NOT NULL,
    succeeded_at {instant},
    failing_since {instant},
    failed_at {instant},
    error text,
    PRIMARY KEY (direction, model)
);;
DROP INDEX sync_external_there;;
CREATE INDEX sync_external_there ON sync_external (external_model, external_id) WHERE external_id IS NOT NULL;;
CREATE UNIQUE INDEX sync_external_record ON sync_external (external_model, external_id)
    WHERE external_id IS NOT NULL AND external_model <> 'mail.message';;
"#,
    down: r#"
DROP INDEX sync_external_record;;
DROP INDEX sync_external_there;;
UPDATE sync_external SET external_id = NULL WHERE external_id IS NOT NULL AND EXISTS (
    SELECT 1 FROM sync_external AS other WHERE other.external_model = sync_external.external_model
    AND other.external_id = sync_external.external_id AND other.id < sync_external.id
);;
CREATE UNIQUE INDEX sync_external_there ON sync_external (external_model, external_id)
    WHERE external_id IS NOT NULL;;
DROP TABLE sync_lane;;
"#,
}
