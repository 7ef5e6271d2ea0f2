//! What the job runner needs: `seq` is the order of the jobs of one queue (SQLite: the row id), `lease` tells the claim
//! that a worker holds from a later one, `fingerprint` gathers failures of one kind.

crate::dialect::migration! {
    up: r#"
@postgres ALTER TABLE job ADD COLUMN seq bigint GENERATED ALWAYS AS IDENTITY;;
ALTER TABLE job ADD COLUMN queue {key};;
ALTER TABLE job ADD COLUMN lease {uuid};;
ALTER TABLE job ADD COLUMN fingerprint {key};;
@postgres CREATE INDEX job_queue ON job (queue, seq) WHERE queue IS NOT NULL AND dead_at IS NULL;;
@sqlite CREATE INDEX job_queue ON job (queue) WHERE queue IS NOT NULL AND dead_at IS NULL;;
CREATE INDEX job_dead ON job (dead_at, id) WHERE dead_at IS NOT NULL;;
CREATE TABLE schedule (
    name {key} PRIMARY KEY,
    next_at {instant} NOT NULL
);;
"#,
    down: r#"
DROP TABLE schedule;;
DROP INDEX job_dead;;
DROP INDEX job_queue;;
ALTER TABLE job DROP COLUMN fingerprint;;
ALTER TABLE job DROP COLUMN lease;;
ALTER TABLE job DROP COLUMN queue;;
@postgres ALTER TABLE job DROP COLUMN seq;;
"#,
}
