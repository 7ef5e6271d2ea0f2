//! Where a pull is that is under way: it goes on there, whoever was killed. `watermark` is empty until the first one is through.

crate::dialect::migration! {
    up: r#"
CREATE TABLE sync_pull_kept (
    model {key} PRIMARY KEY,
    watermark {instant},
    began {instant},
    latest {instant},
    after_id bigint
);;
INSERT INTO sync_pull_kept (model, watermark) SELECT model, watermark FROM sync_pull;;
DROP TABLE sync_pull;;
ALTER TABLE sync_pull_kept RENAME TO sync_pull;;
"#,
    down: r#"
CREATE TABLE sync_pull_before (
    model {key} PRIMARY KEY,
    watermark {instant} NOT NULL
);;
INSERT INTO sync_pull_before (model, watermark) SELECT model, watermark FROM sync_pull WHERE watermark IS NOT NULL;;
DROP TABLE sync_pull;;
ALTER TABLE sync_pull_before RENAME TO sync_pull;;
"#,
}
