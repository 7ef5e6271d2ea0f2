//! One table for all numbers that people read: a row for each kind, market and year. The numbers of clients go on from where
//! each market was. `year` is 0 for a series that does not begin anew each year.

crate::dialect::migration! {
    up: r#"
CREATE TABLE number_series (
    kind {key} NOT NULL,
    market_id {uuid} NOT NULL,
    year integer NOT NULL,
    last_number bigint NOT NULL,
    PRIMARY KEY (kind, market_id, year)
);;
INSERT INTO number_series (kind, market_id, year, last_number) SELECT 'client', id, 0, last_number FROM market;;
ALTER TABLE market DROP COLUMN last_number;;
"#,
    down: r#"
ALTER TABLE market ADD COLUMN last_number bigint NOT NULL DEFAULT 0;;
UPDATE market SET last_number = COALESCE((
    SELECT series.last_number FROM number_series AS series
    WHERE series.kind = 'client' AND series.market_id = market.id AND series.year = 0
), 0);;
@postgres ALTER TABLE market ALTER COLUMN last_number DROP DEFAULT;;
DROP TABLE number_series;;
"#,
}
