//! Clients, what they are found by, their people, what is planned with them, and their history.
//!
//! `client_term` holds each word that a client is found by (folded name words, e-mail, phone digits, tax id, tags) with
//! the client's team and advisor beside it, so that a search reads one index range whoever asks: see docs/decisions.

crate::dialect::migration! {
    up: r#"
CREATE TABLE market (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL,
    key {key} NOT NULL UNIQUE,
    name text NOT NULL,
    country text NOT NULL,
    currency text NOT NULL,
    time_zone text NOT NULL,
    number_prefix text NOT NULL UNIQUE,
    last_number bigint NOT NULL,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL
);;
CREATE TABLE ecosystem (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL,
    market_id {uuid} NOT NULL REFERENCES market (id),
    key {key} NOT NULL UNIQUE,
    name text NOT NULL,
    active boolean NOT NULL,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL
);;
CREATE INDEX ecosystem_market ON ecosystem (market_id, key);;

CREATE TABLE client (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL,
    number {key} NOT NULL UNIQUE,
    kind text NOT NULL,
    name text NOT NULL,
    name_sort {key} NOT NULL,
    email {key},
    phone {key},
    tax_id {key},
    address {json},
    status text NOT NULL,
    market_id {uuid} REFERENCES market (id),
    ecosystem_id {uuid} REFERENCES ecosystem (id),
    team_id {uuid} NOT NULL REFERENCES team (id),
    advisor_id {uuid} REFERENCES app_user (id),
    tags {json} NOT NULL,
    consents {json} NOT NULL,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL
);;
CREATE INDEX client_name ON client (name_sort, id);;
CREATE INDEX client_created ON client (created_at, id);;
CREATE INDEX client_updated ON client (updated_at, id);;
CREATE INDEX client_team_name ON client (team_id, name_sort, id);;
CREATE INDEX client_team_created ON client (team_id, created_at, id);;
CREATE INDEX client_team_updated ON client (team_id, updated_at, id);;
CREATE INDEX client_advisor ON client (advisor_id, name_sort, id) WHERE advisor_id IS NOT NULL;;
CREATE INDEX client_pool ON client (team_id, name_sort, id) WHERE advisor_id IS NULL;;
CREATE INDEX client_status ON client (status, team_id);;
CREATE INDEX client_email ON client (email) WHERE email IS NOT NULL;;
CREATE INDEX client_phone ON client (phone) WHERE phone IS NOT NULL;;
CREATE INDEX client_tax_id ON client (tax_id) WHERE tax_id IS NOT NULL;;

CREATE TABLE client_term (
    client_id {uuid} NOT NULL REFERENCES client (id) ON DELETE CASCADE,
    field text NOT NULL,
    term {key} NOT NULL,
    team_id {uuid} NOT NULL,
    advisor_id {uuid},
    PRIMARY KEY (client_id, term, field)
);;
CREATE INDEX client_term_all ON client_term (term, client_id);;
CREATE INDEX client_term_team ON client_term (team_id, term, client_id);;
CREATE INDEX client_term_advisor ON client_term (advisor_id, term, client_id) WHERE advisor_id IS NOT NULL;;
CREATE INDEX client_term_pool ON client_term (team_id, term, client_id) WHERE advisor_id IS NULL;;

CREATE TABLE external_ref (
    id {uuid} PRIMARY KEY,
    client_id {uuid} NOT NULL REFERENCES client (id) ON DELETE CASCADE,
    system {key} NOT NULL,
    key {key} NOT NULL,
    created_at {instant} NOT NULL,
    UNIQUE (system, key)
);;
CREATE INDEX external_ref_client ON external_ref (client_id, system);;

CREATE TABLE contact (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL,
    client_id {uuid} NOT NULL REFERENCES client (id) ON DELETE CASCADE,
    name text NOT NULL,
    name_sort {key} NOT NULL,
    position text,
    email text,
    phone text,
    notes text,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL
);;
CREATE INDEX contact_client ON contact (client_id, name_sort, id);;

CREATE TABLE activity (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL,
    client_id {uuid} NOT NULL REFERENCES client (id) ON DELETE CASCADE,
    kind text NOT NULL,
    title text NOT NULL,
    notes text,
    state text NOT NULL,
    due_at {instant},
    done_at {instant},
    assignee_id {uuid} REFERENCES app_user (id),
    agenda_at {instant} NOT NULL,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL
);;
CREATE INDEX activity_client ON activity (client_id, agenda_at, id);;
CREATE INDEX activity_assignee ON activity (assignee_id, state, agenda_at, id);;
CREATE INDEX activity_agenda ON activity (agenda_at, id);;

CREATE TABLE event_log_entry (
    id {uuid} PRIMARY KEY,
    client_id {uuid} NOT NULL REFERENCES client (id) ON DELETE CASCADE,
    kind text NOT NULL,
    text text NOT NULL,
    payload {json},
    author_kind text NOT NULL,
    author_id {uuid},
    author_name text NOT NULL,
    occurred_at {instant} NOT NULL,
    recorded_at {instant} NOT NULL,
    corrects_id {uuid} REFERENCES event_log_entry (id)
);;
CREATE INDEX event_log_client ON event_log_entry (client_id, occurred_at, id);;
"#,
    down: r#"
DROP TABLE event_log_entry;;
DROP TABLE activity;;
DROP TABLE contact;;
DROP TABLE external_ref;;
DROP TABLE client_term;;
DROP TABLE client;;
DROP TABLE ecosystem;;
DROP TABLE market;;
"#,
}
