//! Clients are found by more of their words: e-mail addresses at every beginning, legal forms with dots and without,
//! apostrophes. The words of clients that are here already are written anew by a job, which any worker does.

crate::dialect::migration! {
    up: r#"
@postgres INSERT INTO job (id, kind, payload, dedup_key, run_at, created_at)
    SELECT gen_random_uuid(), 'clients.index', '{}', 'clients.index all', now(), now() WHERE EXISTS (SELECT 1 FROM client);;
@sqlite INSERT INTO job (id, kind, payload, dedup_key, run_at, created_at)
    SELECT randomblob(16), 'clients.index', '{}', 'clients.index all',
        strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now'), strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')
    WHERE EXISTS (SELECT 1 FROM client);;
"#,
    down: r#"
DELETE FROM job WHERE kind = 'clients.index';;
"#,
}
