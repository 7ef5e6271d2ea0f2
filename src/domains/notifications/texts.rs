//! What a notification says, in the reader's language.

use super::notification::NotificationKind;

/// One sentence without the client's name, which the reader may no longer be allowed to see. Spanish for every `es-…`,
/// English for the others.
pub fn title(kind: NotificationKind, actor: &str, locale: &str) -> String {
    let spanish = locale == "es" || locale.starts_with("es-");
    match (kind, spanish) {
        (NotificationKind::ClientAssigned, true) => format!("{actor} le asignó un cliente"),
        (NotificationKind::ClientAssigned, false) => format!("{actor} assigned a client to you"),
        (NotificationKind::ColleagueWrote, true) => {
            format!("{actor} escribió en el historial de un cliente suyo")
        }
        (NotificationKind::ColleagueWrote, false) => {
            format!("{actor} wrote into the history of a client of yours")
        }
        (NotificationKind::AgendaAssigned, true) => format!("{actor} le puso una cita en la agenda"),
        (NotificationKind::AgendaAssigned, false) => format!("{actor} put an event into your agenda"),
        (NotificationKind::AgendaReminder, true) => "Recordatorio de su agenda".to_owned(),
        (NotificationKind::AgendaReminder, false) => "Reminder from your agenda".to_owned(),
        (NotificationKind::SyncFailed, true) => format!("La sincronización con {actor} falló"),
        (NotificationKind::SyncFailed, false) => format!("Synchronisation with {actor} failed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_in_the_readers_language() {
        let title = |locale| title(NotificationKind::ClientAssigned, "Sofía", locale);
        assert_eq!(title("es-MX"), "Sofía le asignó un cliente");
        assert_eq!(title("es"), "Sofía le asignó un cliente");
        assert_eq!(title("en"), "Sofía assigned a client to you");
        assert_eq!(title("est"), "Sofía assigned a client to you", "Estonian is not Spanish");
    }
}
