//! Who may sign in: teams, users, sessions with their refresh tokens, API keys, and the failed attempts.

crate::dialect::migration! {
    up: r#"
CREATE TABLE team (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL,
    name text NOT NULL,
    name_sort {key} NOT NULL UNIQUE,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL
);;
CREATE TABLE app_user (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL,
    email {key} NOT NULL UNIQUE,
    name text NOT NULL,
    name_sort {key} NOT NULL,
    role text NOT NULL,
    team_id {uuid} REFERENCES team (id),
    locale text NOT NULL,
    time_zone text NOT NULL,
    password_hash text,
    disabled_at {instant},
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL
);;
CREATE INDEX app_user_name ON app_user (name_sort, id);;
CREATE INDEX app_user_team ON app_user (team_id, name_sort, id);;
CREATE TABLE session (
    id {uuid} PRIMARY KEY,
    user_id {uuid} NOT NULL REFERENCES app_user (id),
    user_agent text,
    address text,
    retry_key text,
    created_at {instant} NOT NULL,
    expires_at {instant} NOT NULL,
    revoked_at {instant}
);;
CREATE INDEX session_of_user ON session (user_id, created_at);;
CREATE INDEX session_expiry ON session (expires_at);;
CREATE TABLE refresh_token (
    hash {key} PRIMARY KEY,
    session_id {uuid} NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    created_at {instant} NOT NULL,
    expires_at {instant} NOT NULL,
    used_at {instant},
    retry_key text
);;
CREATE INDEX refresh_token_session ON refresh_token (session_id, created_at);;
CREATE TABLE api_key (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL,
    name text NOT NULL,
    name_sort {key} NOT NULL,
    hint text NOT NULL,
    hash {key} NOT NULL UNIQUE,
    role text NOT NULL,
    team_id {uuid} REFERENCES team (id),
    scopes {json} NOT NULL,
    expires_at {instant},
    last_used_at {instant},
    revoked_at {instant},
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL
);;
CREATE INDEX api_key_name ON api_key (name_sort, id);;
CREATE TABLE login_failure (
    id {uuid} PRIMARY KEY,
    account {key} NOT NULL,
    address {key} NOT NULL,
    at {instant} NOT NULL
);;
CREATE INDEX login_failure_account ON login_failure (account, at);;
CREATE INDEX login_failure_address ON login_failure (address, at);;
"#,
    down: r#"
DROP TABLE login_failure;;
DROP TABLE api_key;;
DROP TABLE refresh_token;;
DROP TABLE session;;
DROP TABLE app_user;;
DROP TABLE team;;
"#,
}
