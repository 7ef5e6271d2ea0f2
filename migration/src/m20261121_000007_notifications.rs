//! What users are told of. A row names the client and the thing by their ids and quotes nothing of them, so that it tells
//! no more than its reader may still see.

crate::dialect::migration! {
    up: r#"
CREATE TABLE notification (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL,
    user_id {uuid} NOT NULL REFERENCES app_user (id),
    kind text NOT NULL,
    client_id {uuid} REFERENCES client (id) ON DELETE CASCADE,
    subject_type text NOT NULL,
    subject_id {uuid} NOT NULL,
    actor_kind text NOT NULL,
    actor_id {uuid},
    actor_name text NOT NULL,
    created_at {instant} NOT NULL,
    read_at {instant}
);;
CREATE INDEX notification_user ON notification (user_id, created_at, id);;
CREATE INDEX notification_unread ON notification (user_id, created_at, id) WHERE read_at IS NULL;;
CREATE INDEX notification_client ON notification (client_id) WHERE client_id IS NOT NULL;;
CREATE INDEX notification_created ON notification (created_at);;
"#,
    down: r#"
DROP TABLE notification;;
"#,
}
