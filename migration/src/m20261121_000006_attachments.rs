//! What hangs on an entry of a client's history: named links.

crate::dialect::migration! {
    up: r#"
ALTER TABLE event_log_entry ADD COLUMN attachments {json} NOT NULL DEFAULT '[]';;
"#,
    down: r#"
ALTER TABLE event_log_entry DROP COLUMN attachments;;
"#,
}
