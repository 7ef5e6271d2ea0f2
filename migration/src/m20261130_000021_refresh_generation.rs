//! Refresh tokens that were given for the same one are of one generation: any of them goes on, the others end with it.

crate::dialect::migration! {
    up: r#"
ALTER TABLE refresh_token ADD COLUMN generation integer NOT NULL DEFAULT 0;;
UPDATE refresh_token SET generation = 1 WHERE used_at IS NULL;;
DROP INDEX refresh_token_session;;
CREATE INDEX refresh_token_generation ON refresh_token (session_id, generation);;
"#,
    down: r#"
DROP INDEX refresh_token_generation;;
CREATE INDEX refresh_token_session ON refresh_token (session_id, created_at);;
ALTER TABLE refresh_token DROP COLUMN generation;;
"#,
}
