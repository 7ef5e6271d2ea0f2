//! What a notification says, in the reader's language.

use super::notification::NotificationKind;
use crate::kernel::language::Language;

/// One sentence without the client's name, which the reader may no longer be allowed to see.
pub fn title(kind: NotificationKind, actor: &str, language: Language) -> String {
    let spanish = language == Language::Spanish;
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
        let title = |language| title(NotificationKind::ClientAssigned, "Sofía", language);
        assert_eq!(title(Language::Spanish), "Sofía le asignó un cliente");
        assert_eq!(title(Language::English), "Sofía assigned a client to you");
    }
}
