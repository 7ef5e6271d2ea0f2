//! What the occurrences of a series have still to take over from its last change: null when nothing.

crate::dialect::migration! {
    up: r#"
ALTER TABLE agenda_series ADD COLUMN rollout {json};;
"#,
    down: r#"
ALTER TABLE agenda_series DROP COLUMN rollout;;
"#,
}
