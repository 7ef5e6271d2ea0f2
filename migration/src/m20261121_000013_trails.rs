//! Whose work is done later: the request that asked for it, and its place in a trace.

crate::dialect::migration! {
    up: r#"
ALTER TABLE job ADD COLUMN request_id text;;
ALTER TABLE job ADD COLUMN traceparent text;;
ALTER TABLE sync_external ADD COLUMN request_id text;;
ALTER TABLE sync_external ADD COLUMN traceparent text;;
"#,
    down: r#"
ALTER TABLE sync_external DROP COLUMN traceparent;;
ALTER TABLE sync_external DROP COLUMN request_id;;
ALTER TABLE job DROP COLUMN traceparent;;
ALTER TABLE job DROP COLUMN request_id;;
"#,
}
