//! The words that a client is found by, once more: as one text beside the client, each behind a line end. PostgreSQL
//! indexes their beginnings up to eight letters, and each whole word with a line end behind it, so that a search for
//! several words intersects lists: see docs/decisions/0003.

crate::dialect::migration! {
    up: r#"
ALTER TABLE client ADD COLUMN words text NOT NULL DEFAULT '';;
@postgres UPDATE client SET words = found.words FROM
    (SELECT client_id, string_agg(DISTINCT E'\n' || term, '') AS words FROM client_term GROUP BY client_id) AS found
    WHERE client.id = found.client_id;;
@sqlite UPDATE client SET words = coalesce((SELECT group_concat(word, '') FROM
    (SELECT DISTINCT char(10) || term AS word FROM client_term WHERE client_id = client.id)), '');;
@postgres CREATE FUNCTION client_lexemes(words text) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT pg_catalog.array_to_tsvector(pg_catalog.array_agg(DISTINCT lexeme))
    FROM pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.ltrim(words, E'\n'), E'\n')) AS word,
        LATERAL (SELECT pg_catalog.left(word, n) AS lexeme FROM pg_catalog.generate_series(1, least(pg_catalog.length(word), 8)) AS n
            UNION ALL SELECT word || E'\n') AS lexemes
$$;;
@postgres CREATE INDEX client_words ON client USING gin (client_lexemes(words)) WITH (gin_pending_list_limit = 256);;
"#,
    down: r#"
@postgres DROP INDEX client_words;;
@postgres DROP FUNCTION client_lexemes(text);;
ALTER TABLE client DROP COLUMN words;;
"#,
}
