//! The agenda. An event is a row, and so is each occurrence of a series: they have states, reminders and readers of their own.
//! A series holds the rule and what its occurrences are like; `laid_until` tells how far they are rows already.
//! `remind_at` is when the next reminder of a row is due. A working calendar has its team's id, settings their user's.

crate::dialect::migration! {
    up: r#"
CREATE TABLE agenda_series (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL,
    uid {key} NOT NULL,
    rule text NOT NULL,
    first_start {key} NOT NULL,
    duration integer NOT NULL,
    all_day boolean NOT NULL,
    time_zone text NOT NULL,
    except_starts {json} NOT NULL,
    title text NOT NULL,
    description text,
    location text,
    assignee_id {uuid} REFERENCES app_user (id),
    team_id {uuid} NOT NULL REFERENCES team (id),
    client_id {uuid} REFERENCES client (id) ON DELETE CASCADE,
    related_type text,
    related_id {uuid},
    action_required boolean NOT NULL,
    reminders {json},
    laid_until {key},
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL
);;
CREATE INDEX agenda_series_unlaid ON agenda_series (laid_until, id) WHERE laid_until IS NOT NULL;;
CREATE INDEX agenda_series_assignee ON agenda_series (assignee_id, id);;
CREATE INDEX agenda_series_client ON agenda_series (client_id) WHERE client_id IS NOT NULL;;
CREATE TABLE agenda_event (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL,
    kind text NOT NULL,
    uid {key} NOT NULL,
    series_id {uuid} REFERENCES agenda_series (id) ON DELETE CASCADE,
    recurrence_id {instant},
    title text NOT NULL,
    description text,
    location text,
    "start" {instant} NOT NULL,
    "end" {instant} NOT NULL,
    all_day boolean NOT NULL,
    first_day {key},
    last_day {key},
    time_zone text NOT NULL,
    state text NOT NULL,
    assignee_id {uuid} REFERENCES app_user (id),
    team_id {uuid} NOT NULL REFERENCES team (id),
    client_id {uuid} REFERENCES client (id) ON DELETE CASCADE,
    related_type text,
    related_id {uuid},
    action_required boolean NOT NULL,
    reminders {json},
    remind_at {instant},
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL
);;
CREATE INDEX agenda_event_start ON agenda_event ("start", id);;
CREATE INDEX agenda_event_assignee ON agenda_event (assignee_id, "start", id);;
CREATE INDEX agenda_event_team ON agenda_event (team_id, "start", id);;
CREATE INDEX agenda_event_client ON agenda_event (client_id, "start", id) WHERE client_id IS NOT NULL;;
CREATE INDEX agenda_event_remind ON agenda_event (remind_at, id) WHERE remind_at IS NOT NULL;;
CREATE UNIQUE INDEX agenda_event_series ON agenda_event (series_id, recurrence_id) WHERE series_id IS NOT NULL;;
CREATE UNIQUE INDEX agenda_event_follow_up ON agenda_event (client_id)
    WHERE kind = 'FOLLOW_UP' AND state IN ('PLANNED', 'CONFIRMED');;
CREATE TABLE working_calendar (
    id {uuid} PRIMARY KEY REFERENCES team (id),
    version integer NOT NULL,
    time_zone text NOT NULL,
    hours {json} NOT NULL,
    holidays {json} NOT NULL,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL
);;
CREATE TABLE agenda_settings (
    id {uuid} PRIMARY KEY REFERENCES app_user (id),
    version integer NOT NULL,
    reminders {json} NOT NULL,
    feed_hash {key},
    feed_since {instant},
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL
);;
CREATE UNIQUE INDEX agenda_settings_feed ON agenda_settings (feed_hash) WHERE feed_hash IS NOT NULL;;
"#,
    down: r#"
DROP TABLE agenda_settings;;
DROP TABLE working_calendar;;
DROP TABLE agenda_event;;
DROP TABLE agenda_series;;
"#,
}
