//! The row that is written to see whether the database takes writes. On SQLite it has some weight: a full disk may have room for
//! a page or two when it has none for a change with all that it owes.

crate::dialect::migration! {
    up: r#"
CREATE TABLE heartbeat (
    id integer PRIMARY KEY CHECK (id = 1),
    beats bigint NOT NULL,
    weight text
);;
INSERT INTO heartbeat (id, beats) VALUES (1, 0);;
"#,
    down: r#"
DROP TABLE heartbeat;;
"#,
}
