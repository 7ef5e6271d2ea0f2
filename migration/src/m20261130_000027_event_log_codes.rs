//! What cabina itself writes into a client's history is a code and its values, so that readers are told in their language.
//! The entries of before are recognised by the texts that were ever written; their values are read out of the text where the
//! payload did not hold them. The texts stay: the way back needs to restore nothing.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, TransactionTrait};

use crate::dialect;

/// See above.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        sea_orm_migration::util::get_file_stem(file!())
    }
}

const UP: &str = r#"
ALTER TABLE event_log_entry ADD COLUMN code text;;
UPDATE event_log_entry SET code = 'CLIENT_CREATED' WHERE kind = 'SYSTEM' AND text = 'Client created';;
UPDATE event_log_entry SET code = 'CLIENT_STATUS_CHANGED'
    WHERE kind = 'STATE_CHANGE' AND payload ->> 'from' IS NOT NULL AND payload ->> 'to' IS NOT NULL;;
UPDATE event_log_entry SET code = 'CLIENT_ASSIGNED'
    WHERE kind = 'STATE_CHANGE' AND payload ->> 'change' = 'advisor' AND text LIKE 'Given to %';;
@postgres UPDATE event_log_entry SET code = 'CLIENT_ASSIGNED',
        payload = jsonb_build_object('change', 'advisor', 'to', nullif(substr(text, 10), 'the team''s pool'))
    WHERE kind = 'STATE_CHANGE' AND payload IS NULL AND text LIKE 'Given to %';;
@sqlite UPDATE event_log_entry SET code = 'CLIENT_ASSIGNED',
        payload = json_object('change', 'advisor', 'to', nullif(substr(text, 10), 'the team''s pool'))
    WHERE kind = 'STATE_CHANGE' AND payload IS NULL AND text LIKE 'Given to %';;
"#;

/// What the payload called a change of the agenda, and its code.
const AGENDA: [(&str, &str); 14] = [
    ("planned", "AGENDA_PLANNED"),
    ("confirmed", "AGENDA_CONFIRMED"),
    ("moved", "AGENDA_MOVED"),
    ("assigned", "AGENDA_ASSIGNED"),
    ("changed", "AGENDA_CHANGED"),
    ("done", "AGENDA_DONE"),
    ("missed", "AGENDA_MISSED"),
    ("cancelled", "AGENDA_CANCELLED"),
    ("reopened", "AGENDA_REOPENED"),
    ("taken off", "AGENDA_TAKEN_OFF"),
    ("planned as a series", "AGENDA_SERIES_PLANNED"),
    ("moved as a series", "AGENDA_SERIES_MOVED"),
    ("changed as a series", "AGENDA_SERIES_CHANGED"),
    ("cancelled as a series", "AGENDA_SERIES_CANCELLED"),
];

/// So many entries of the agenda are read at once.
const AT_ONCE: usize = 1000;

/// What the text of an entry tells of an event.
#[derive(Debug, PartialEq)]
struct Event {
    title: String,
    local_start: String,
    reason: Option<String>,
}

/// The code of a change of the agenda, and what its text tells: `Agenda: Visit moved (2026-01-05 10:00): she called`.
fn recognised(text: &str, what: &str) -> Option<(&'static str, Event)> {
    let (_, code) = AGENDA.iter().find(|(name, _)| *name == what)?;
    let told = text.strip_prefix("Agenda: ")?;
    let middle = format!(" {what} (");
    // A title may hold the same words: a moment must follow them.
    told.match_indices(&middle).find_map(|(at, _)| {
        let (moment, rest) = told[at + middle.len()..].split_once(')')?;
        let is_moment = [10, 16].contains(&moment.len())
            && moment.chars().all(|c| c.is_ascii_digit() || ['-', ':', ' '].contains(&c));
        let reason = if rest.is_empty() { None } else { Some(rest.strip_prefix(": ")?.to_owned()) };
        let event = Event { title: told[..at].to_owned(), local_start: moment.replace(' ', "T"), reason };
        is_moment.then_some((*code, event))
    })
}

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, UP).await?;
        let backend = manager.get_database_backend();
        let postgres = backend == DbBackend::Postgres;
        // Ids as literals: the two databases keep them in different types.
        let (id, literal) = if postgres { ("id::text", "") } else { ("hex(id)", "X") };
        let values = if postgres {
            "code = $1, payload = payload || jsonb_build_object('title', $2::text, 'localStart', $3::text, 'reason', $4::text)"
        } else {
            "code = ?, payload = json_set(payload, '$.title', ?, '$.localStart', ?, '$.reason', ?)"
        };
        let transaction = manager.get_connection().begin().await?;
        let mut after = "00000000000000000000000000000000".to_owned();
        loop {
            let page = format!(
                "SELECT {id}, text, payload ->> 'what' FROM event_log_entry
                WHERE id > {literal}'{after}' AND kind IN ('STATE_CHANGE', 'MEETING') AND text LIKE 'Agenda: %'
                AND payload ->> 'agendaEvent' IS NOT NULL AND payload ->> 'what' IS NOT NULL
                ORDER BY event_log_entry.id LIMIT {AT_ONCE}"
            );
            let rows = transaction.query_all_raw(Statement::from_string(backend, page)).await?;
            for row in &rows {
                let [id, text, what]: [String; 3] =
                    [row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?];
                if let Some((code, event)) = recognised(&text, &what) {
                    let update = format!("UPDATE event_log_entry SET {values} WHERE id = {literal}'{id}'");
                    let values: [Value; 4] =
                        [code.into(), event.title.into(), event.local_start.into(), event.reason.into()];
                    transaction.execute_raw(Statement::from_sql_and_values(backend, update, values)).await?;
                }
                after = id;
            }
            if rows.len() < AT_ONCE {
                break;
            }
        }
        transaction.commit().await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, "ALTER TABLE event_log_entry DROP COLUMN code;;").await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_texts_of_before_are_recognised() {
        let event = |title: &str, local_start: &str, reason: Option<&str>| Event {
            title: title.to_owned(),
            local_start: local_start.to_owned(),
            reason: reason.map(str::to_owned),
        };
        for (text, what, told) in [
            (
                "Agenda: Visit moved (2026-01-05 10:00): she called (twice)",
                "moved",
                Some(("AGENDA_MOVED", event("Visit", "2026-01-05T10:00", Some("she called (twice)")))),
            ),
            (
                "Agenda: Fair planned (by us) planned as a series (2026-01-05)",
                "planned as a series",
                Some(("AGENDA_SERIES_PLANNED", event("Fair planned (by us)", "2026-01-05", None))),
            ),
            (
                "Agenda: Fair planned (by us) planned (2026-01-05)",
                "planned",
                Some(("AGENDA_PLANNED", event("Fair planned (by us)", "2026-01-05", None))),
            ),
            ("Agenda: for tomorrow", "planned", None),
            ("Agenda: Visit moved (2026-01-05 10:00)", "sold", None),
        ] {
            assert_eq!(recognised(text, what), told, "{text}");
        }
    }
}
