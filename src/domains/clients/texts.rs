//! What the entries say that cabina itself writes into a client's history, in the reader's language.

use chrono::{NaiveDate, NaiveDateTime};
use serde_json::Value;

use super::tables::client::ClientStatus;
use super::tables::event_log_entry::EventLogCode;
use crate::kernel::language::Language;

/// The words of an entry with this code and these values; `None`: a value is missing.
pub fn entry(code: EventLogCode, values: &Value, language: Language) -> Option<String> {
    let spanish = language == Language::Spanish;
    let value = |name: &str| values[name].as_str();
    let with_reason = |told: String| match value("reason") {
        Some(reason) => format!("{told}: {reason}"),
        None => told,
    };
    Some(match code {
        EventLogCode::ClientCreated if spanish => "Cliente creado".to_owned(),
        EventLogCode::ClientCreated => "Client created".to_owned(),
        EventLogCode::ClientAssigned => match (values.get("to")?.as_str(), spanish) {
            (Some(name), true) => format!("Asignado a {name}"),
            (Some(name), false) => format!("Given to {name}"),
            (None, true) => "Devuelto al equipo, sin asignar".to_owned(),
            (None, false) => "Given to the team's pool".to_owned(),
        },
        EventLogCode::ClientStatusChanged => {
            let name = |field: &str| Some(status(value(field)?.parse().ok()?, language));
            with_reason(format!("{} → {}", name("from")?, name("to")?))
        }
        EventLogCode::ClientErased => {
            let told = if spanish { "Datos personales borrados" } else { "Personal data erased" };
            format!("{told}: {}", value("reason")?)
        }
        agenda => {
            let (english, spanish_words) = of_agenda(agenda)?;
            let (title, at) = (value("title")?, moment(value("localStart")?, language)?);
            with_reason(if spanish {
                format!("{spanish_words}: {title} ({at})")
            } else {
                format!("Agenda: {title} {english} ({at})")
            })
        }
    })
}

/// What became of an event of the agenda: in English, after its title, and in Spanish, before it. `None`: the code is not the
/// agenda's.
pub fn of_agenda(code: EventLogCode) -> Option<(&'static str, &'static str)> {
    use EventLogCode as C;
    Some(match code {
        C::ClientCreated | C::ClientAssigned | C::ClientStatusChanged | C::ClientErased => return None,
        C::AgendaPlanned => ("planned", "Cita planificada"),
        C::AgendaConfirmed => ("confirmed", "Cita confirmada"),
        C::AgendaMoved => ("moved", "Cita cambiada de hora"),
        C::AgendaAssigned => ("assigned", "Cita asignada a otra persona"),
        C::AgendaChanged => ("changed", "Cita modificada"),
        C::AgendaDone => ("done", "Cita realizada"),
        C::AgendaMissed => ("missed", "Cita a la que no acudió"),
        C::AgendaCancelled => ("cancelled", "Cita cancelada"),
        C::AgendaReopened => ("reopened", "Cita reabierta"),
        C::AgendaTakenOff => ("taken off", "Cita que ya no es con este cliente"),
        C::AgendaSeriesPlanned => ("planned as a series", "Serie de citas planificada"),
        C::AgendaSeriesMoved => ("moved as a series", "Serie de citas cambiada de hora"),
        C::AgendaSeriesChanged => ("changed as a series", "Serie de citas modificada"),
        C::AgendaSeriesCancelled => ("cancelled as a series", "Serie de citas cancelada"),
    })
}

fn status(status: ClientStatus, language: Language) -> &'static str {
    match (status, language) {
        (ClientStatus::Prospect, Language::English) => "Prospect",
        (ClientStatus::Active, Language::English) => "Active",
        (ClientStatus::Inactive, Language::English) => "Inactive",
        (ClientStatus::Blocked, Language::English) => "Blocked",
        (ClientStatus::Prospect, Language::Spanish) => "Prospecto",
        (ClientStatus::Active, Language::Spanish) => "Activo",
        (ClientStatus::Inactive, Language::Spanish) => "Inactivo",
        (ClientStatus::Blocked, Language::Spanish) => "Bloqueado",
    }
}

/// A local time such as `2026-01-05T10:00`, or a day such as `2026-01-05`, as people write it.
fn moment(local: &str, language: Language) -> Option<String> {
    let (day, time) = match language {
        Language::English => ("%Y-%m-%d", "%Y-%m-%d %H:%M"),
        Language::Spanish => ("%d/%m/%Y", "%d/%m/%Y %H:%M"),
    };
    if let Ok(at) = NaiveDateTime::parse_from_str(local, "%Y-%m-%dT%H:%M") {
        return Some(at.format(time).to_string());
    }
    let at = NaiveDate::parse_from_str(local, "%Y-%m-%d").ok()?;
    Some(at.format(day).to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kernel::words::Word;

    #[test]
    fn each_in_the_readers_language() {
        use EventLogCode as C;
        let event = json!({ "title": "Visit", "localStart": "2026-01-05T10:00", "reason": "she called" });
        for (code, values, english, spanish) in [
            (C::ClientCreated, json!({}), "Client created", "Cliente creado"),
            (C::ClientAssigned, json!({ "to": "Ana" }), "Given to Ana", "Asignado a Ana"),
            (
                C::ClientAssigned,
                json!({ "to": null }),
                "Given to the team's pool",
                "Devuelto al equipo, sin asignar",
            ),
            (
                C::ClientStatusChanged,
                json!({ "from": "ACTIVE", "to": "BLOCKED", "reason": "debts" }),
                "Active → Blocked: debts",
                "Activo → Bloqueado: debts",
            ),
            (
                C::ClientErased,
                json!({ "reason": "asked" }),
                "Personal data erased: asked",
                "Datos personales borrados: asked",
            ),
            (
                C::AgendaMoved,
                event,
                "Agenda: Visit moved (2026-01-05 10:00): she called",
                "Cita cambiada de hora: Visit (05/01/2026 10:00): she called",
            ),
            (
                C::AgendaSeriesCancelled,
                json!({ "title": "Week", "localStart": "2026-01-05" }),
                "Agenda: Week cancelled as a series (2026-01-05)",
                "Serie de citas cancelada: Week (05/01/2026)",
            ),
        ] {
            assert_eq!(entry(code, &values, Language::English).as_deref(), Some(english));
            assert_eq!(entry(code, &values, Language::Spanish).as_deref(), Some(spanish));
        }
    }

    #[test]
    fn without_its_values_an_entry_has_no_words() {
        for (code, ..) in EventLogCode::ALL {
            let needs = *code != EventLogCode::ClientCreated;
            assert_eq!(entry(*code, &Value::Null, Language::Spanish).is_none(), needs, "{code}");
        }
    }
}
