//! What gives the outbox its order. `outbox.seq` grows in the order of the inserts (SQLite: its row id), so that of two
//! changes of one thing the later one comes later; `relay` has one row, whose lock is held while positions are given.

crate::dialect::migration! {
    up: r#"
@postgres ALTER TABLE outbox ADD COLUMN seq bigint GENERATED ALWAYS AS IDENTITY;;
DROP INDEX outbox_waiting;;
@postgres CREATE INDEX outbox_waiting ON outbox (seq) WHERE position IS NULL;;
@sqlite CREATE INDEX outbox_waiting ON outbox (position) WHERE position IS NULL;;
CREATE TABLE relay (
    id integer PRIMARY KEY CHECK (id = 1),
    last_position bigint NOT NULL,
    kept_from bigint NOT NULL
);;
INSERT INTO relay (id, last_position, kept_from)
    SELECT 1, coalesce(max(position), 0), coalesce(min(position), 1) FROM outbox;;
"#,
    down: r#"
DROP TABLE relay;;
DROP INDEX outbox_waiting;;
CREATE INDEX outbox_waiting ON outbox (id) WHERE position IS NULL;;
@postgres ALTER TABLE outbox DROP COLUMN seq;;
"#,
}
