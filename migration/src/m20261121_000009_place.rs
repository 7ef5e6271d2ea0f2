//! Gives positions in one call (SQLite: the relay's own transaction). Besides the five round trips that it saves, a process
//! that freezes cannot do so with the relay's lock in its hand.
//!
//! Each statement of the function sees what was committed before it began (a volatile function under READ COMMITTED), so
//! also what another relay placed while this one waited for the lock.

crate::dialect::migration! {
    up: r#"
@postgres CREATE FUNCTION place_outbox(most integer) RETURNS SETOF outbox LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    last bigint;
    placed bigint;
BEGIN
    SELECT last_position INTO STRICT last FROM relay FOR UPDATE;
    RETURN QUERY
        UPDATE outbox SET position = place.position
        FROM (
            SELECT waiting.id, last + row_number() OVER (ORDER BY waiting.seq) AS position
            FROM (SELECT o.id, o.seq FROM outbox AS o WHERE o.position IS NULL ORDER BY o.seq LIMIT most) AS waiting
        ) AS place
        WHERE outbox.id = place.id
        RETURNING outbox.*;
    GET DIAGNOSTICS placed = ROW_COUNT;
    IF placed > 0 THEN
        UPDATE relay SET last_position = last + placed;
    END IF;
END
$$;;
"#,
    down: r#"
@postgres DROP FUNCTION place_outbox(integer);;
"#,
}
