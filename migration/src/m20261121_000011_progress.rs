//! How far a job is that takes a while.

crate::dialect::migration! {
    up: r#"
ALTER TABLE job ADD COLUMN done bigint;;
ALTER TABLE job ADD COLUMN total bigint;;
"#,
    down: r#"
ALTER TABLE job DROP COLUMN total;;
ALTER TABLE job DROP COLUMN done;;
"#,
}
