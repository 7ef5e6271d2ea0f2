//! The limit: the same JSON from one hand-written SQL statement behind axum. No GraphQL, no rights, no checks.

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use sqlx::postgres::{PgPool, PgPoolOptions};

const ONE: &str = "SELECT json_build_object('data', json_build_object('client', json_build_object(
    'id', id, 'number', number, 'name', name, 'email', email, 'phone', phone, 'taxId', tax_id, 'status', status,
    'createdAt', created_at, 'updatedAt', updated_at, 'version', version)))::text FROM client WHERE id = $1::text::uuid";

const PAGE: &str = "SELECT json_build_object('data', json_build_object('clients', json_build_object('nodes', coalesce(json_agg(
    json_build_object('id', c.id, 'number', c.number, 'name', c.name, 'status', c.status, 'phone', c.phone, 'email', c.email,
        'eventLog', json_build_object('nodes', e.list), 'activities', json_build_object('nodes', a.list),
        'contacts', json_build_object('nodes', p.list))), '[]'))))::text
    FROM (SELECT * FROM client ORDER BY name_sort, id LIMIT 50) c
    CROSS JOIN LATERAL (SELECT coalesce(json_agg(json_build_object('id', id, 'kind', kind, 'text', text, 'occurredAt', occurred_at)), '[]') AS list
        FROM (SELECT * FROM event_log_entry WHERE client_id = c.id ORDER BY occurred_at DESC, id DESC LIMIT 5) e) e
    CROSS JOIN LATERAL (SELECT coalesce(json_agg(json_build_object('id', id, 'title', title, 'dueAt', due_at)), '[]') AS list
        FROM (SELECT * FROM activity WHERE client_id = c.id AND state = 'PLANNED' ORDER BY agenda_at DESC, id DESC LIMIT 3) a) a
    CROSS JOIN LATERAL (SELECT coalesce(json_agg(json_build_object('id', id, 'name', name, 'phone', phone)), '[]') AS list
        FROM (SELECT * FROM contact WHERE client_id = c.id ORDER BY name_sort, id LIMIT 4) p) p
    WHERE $1::text IS NOT NULL";

/// The head of one index range, for the first word alone: less than cabina does.
const SEARCH: &str = "SELECT json_build_object('data', json_build_object('clientSearch', coalesce(json_agg(
    json_build_object('score', 1, 'client', json_build_object('id', c.id, 'number', c.number, 'name', c.name, 'phone', c.phone))), '[]')))::text
    FROM (SELECT client_id FROM client_term WHERE term >= split_part($1::text, ' ', 1) AND term < split_part($1::text, ' ', 1) || chr(1114111)
        ORDER BY term, client_id LIMIT 10) t JOIN client c ON c.id = t.client_id";

/// The same four rows as the mutation's: the entry, its audit, its outbox row, in one statement.
const APPEND: &str = "WITH entry AS (
    INSERT INTO event_log_entry (id, client_id, kind, text, author_kind, author_name, occurred_at, recorded_at)
    SELECT gen_random_uuid(), id, 'NOTE', 'A note for the bench', 'SYSTEM', 'limit', now(), now() FROM client WHERE id = $1::text::uuid RETURNING id),
    audit AS (INSERT INTO audit_entry (id, at, actor_kind, actor_name, operation, subject_type, subject_id, version, event_id, changes)
    SELECT gen_random_uuid(), now(), 'SYSTEM', 'limit', 'limit', 'entry', id, 1, gen_random_uuid(), '[]' FROM entry),
    news AS (INSERT INTO outbox (id, event_id, topic, kind, subject_id, version, changed_fields, audience, created_at)
    SELECT gen_random_uuid(), gen_random_uuid(), 'eventlog:new', 'CREATED', id, 1, '[]', '{}', now() FROM entry)
    SELECT json_build_object('data', json_build_object('entry', json_build_object('id', id)))::text FROM entry";

/// A month of some assignees: ids, from when, until when, parted by spaces.
const MONTH: &str = "SELECT json_build_object('data', json_build_object('agendaEvents', json_build_object('nodes', coalesce(json_agg(
    json_build_object('id', e.id, 'title', e.title, 'start', e.start, 'end', e.end, 'allDay', e.all_day, 'state', e.state,
        'client', CASE WHEN c.id IS NULL THEN NULL ELSE json_build_object('id', c.id, 'name', c.name) END,
        'assignee', json_build_object('id', u.id, 'name', u.name)) ORDER BY e.start, e.id), '[]'))))::text
    FROM agenda_event e JOIN app_user u ON u.id = e.assignee_id LEFT JOIN client c ON c.id = e.client_id
    WHERE e.assignee_id = ANY(string_to_array(split_part($1::text, ' ', 1), ',')::uuid[])
    AND e.start < split_part($1::text, ' ', 3)::timestamptz AND e.end > split_part($1::text, ' ', 2)::timestamptz";

/// Serves until it is killed.
pub async fn serve() {
    let url = std::env::var("DATABASE_URL").expect("set by the bench");
    let address = std::env::var("CABINA_LISTEN").expect("set by the bench");
    let pool = PgPoolOptions::new().max_connections(10).connect(&url).await.expect("PostgreSQL answers");
    let statement = |sql: &'static str| {
        post(move |State(pool): State<PgPool>, argument: String| async move {
            let (json,): (String,) =
                sqlx::query_as(sql).bind(argument).fetch_one(&pool).await.expect("a row");
            ([(header::CONTENT_TYPE, "application/json")], json).into_response()
        })
    };
    let router = Router::new()
        .route("/health/ready", get(|| async { "ok" }))
        .route("/one", statement(ONE))
        .route("/page", statement(PAGE))
        .route("/month", statement(MONTH))
        .route("/search", statement(SEARCH))
        .route("/append", statement(APPEND))
        .with_state(pool);
    let listener = tokio::net::TcpListener::bind(&address).await.expect("the port is free");
    axum::serve(listener, router).await.expect("serves");
}
