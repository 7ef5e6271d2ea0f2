//! Pure decisions of the agenda: which transition is open, and what each refusal is called.

use super::agenda_event::AgendaEventState;
use crate::kernel::time::Instant;
use crate::platform::auth::{Right, Viewer};
use crate::{codes, words};

codes! {
    /// Why the agenda was not changed.
    pub enum AgendaErrorCode {
        /// There is no such user in a team of yours.
        AssigneeUnknown = "ASSIGNEE_UNKNOWN",
        /// There is no such client, or you may not see it.
        ClientUnknown = "CLIENT_UNKNOWN",
        /// There is no such thing, or you may not see it, or an event cannot be about such things.
        RelatedUnknown = "RELATED_UNKNOWN",
        /// Neither assignee nor client tells whose team it belongs to.
        TeamMissing = "TEAM_MISSING",
        /// The rule is none that an event can recur by.
        RuleInvalid = "RULE_INVALID",
        /// The rule names days, so moving all of them by days would be another rule.
        RulePinned = "RULE_PINNED",
        /// The event belongs to no series.
        NoSeries = "NO_SERIES",
        /// The occurrences of the series are still taking over its last change.
        SeriesChanging = "SERIES_CHANGING",
        /// The event is in this state already.
        AlreadySo = "ALREADY_SO",
        /// The event took place, was cancelled, or nobody came: reopen it first.
        NotOpen = "NOT_OPEN",
        /// Nobody can have failed to come before it began.
        NotBegun = "NOT_BEGUN",
        /// The event is with no client.
        NoClient = "NO_CLIENT",
        /// The client has no phone number.
        NoPhone = "NO_PHONE",
        /// The client has another follow-up that is open.
        FollowUpOpen = "FOLLOW_UP_OPEN",
        /// Your role does not allow it.
        RightMissing = "RIGHT_MISSING",
    }
}

words! {
    /// What can be done with an event of the agenda.
    pub enum AgendaAction {
        /// `agendaEventUpdate`
        Update = "UPDATE",
        /// `agendaEventReschedule`
        Reschedule = "RESCHEDULE",
        /// `agendaEventAssign`
        Assign = "ASSIGN",
        /// `agendaEventConfirm`
        Confirm = "CONFIRM",
        /// `agendaEventComplete`
        Complete = "COMPLETE",
        /// `agendaEventMarkNoShow`
        MarkNoShow = "MARK_NO_SHOW",
        /// `agendaEventCancel`
        Cancel = "CANCEL",
        /// `agendaEventReopen`
        Reopen = "REOPEN",
        /// Call the client, at `client.phone`; `eventlogAppend` writes down what was said.
        CallClient = "CALL_CLIENT",
    }
}

words! {
    /// Which occurrences of a series a change is for.
    pub enum AgendaScope {
        /// This one alone.
        This = "THIS",
        /// This one and those behind it: they become a series of their own.
        Following = "FOLLOWING",
        /// All of the series that are still open.
        All = "ALL",
    }
}

/// Why an action is closed: a code, what is wrong, and how to open it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// The code with which the mutation would refuse.
    pub code: AgendaErrorCode,
    /// What is wrong.
    pub message: &'static str,
    /// What to do.
    pub fix: &'static str,
}

/// Whether somebody can be called for an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callable {
    /// It is with no client, or with one that the viewer does not see.
    Nobody,
    /// The client's phone number is not known.
    NoPhone,
    /// There is a phone number.
    Phone,
}

/// What a decision looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// How far the event is.
    pub state: AgendaEventState,
    /// When it begins.
    pub start: Instant,
    /// Whether somebody can be called.
    pub callable: Callable,
    /// Of a follow-up that is over: whether its client has another that is open.
    pub is_replaced: bool,
}

/// Whether the viewer may do this with the event now. The mutations and `availableActions` both ask here.
pub fn judge(action: AgendaAction, event: Facts, viewer: &Viewer, now: Instant) -> Result<(), Blocked> {
    use AgendaAction as A;
    use AgendaErrorCode as C;
    use AgendaEventState as S;
    let no = |code, message, fix| Err(Blocked { code, message, fix });
    if action == A::CallClient {
        return match event.callable {
            Callable::Phone => Ok(()),
            Callable::NoPhone => {
                no(C::NoPhone, "the client's phone number is not known", "add it to the client first")
            }
            Callable::Nobody => {
                no(C::NoClient, "the event is with no client that you see", "name the client first")
            }
        };
    }
    if !viewer.has(Right::WriteClients) {
        return no(
            C::RightMissing,
            "your access is for reading only",
            "use an account or key that may write",
        );
    }
    match leads_to(action) {
        Some(state) if state == event.state => {
            return no(C::AlreadySo, "the event is in this state already", "nothing is left to do");
        }
        _ => {}
    }
    match (action, event.state) {
        (A::Reopen, _) if event.is_replaced => {
            let message = "the client has another follow-up that is open";
            no(C::FollowUpOpen, message, "complete or cancel that one first")
        }
        (A::Update | A::Reopen, _) => Ok(()),
        (_, S::Done | S::Cancelled | S::NoShow) => {
            no(C::NotOpen, "the event is not open any more", "reopen it first")
        }
        (A::MarkNoShow, _) if event.start > now => {
            no(C::NotBegun, "the event has not begun", "wait until it begins, or cancel it")
        }
        _ => Ok(()),
    }
}

/// Where a transition leads; `None` for actions that leave the state as it is.
pub fn leads_to(action: AgendaAction) -> Option<AgendaEventState> {
    match action {
        AgendaAction::Confirm => Some(AgendaEventState::Confirmed),
        AgendaAction::Complete => Some(AgendaEventState::Done),
        AgendaAction::MarkNoShow => Some(AgendaEventState::NoShow),
        AgendaAction::Cancel => Some(AgendaEventState::Cancelled),
        AgendaAction::Reopen => Some(AgendaEventState::Planned),
        AgendaAction::Update | AgendaAction::Reschedule | AgendaAction::Assign | AgendaAction::CallClient => {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::words::Word;
    use crate::platform::auth::{Role, Scope};

    fn viewer(scopes: Option<Vec<Scope>>) -> Viewer {
        Viewer { role: Role::Advisor, scopes, ..Viewer::system("") }
    }

    fn at(text: &str) -> Instant {
        text.parse().expect("an instant")
    }

    #[test]
    fn every_state_and_transition() {
        use AgendaErrorCode as C;
        use AgendaEventState as S;
        // confirm, complete, mark no-show, cancel, reopen, reschedule; of an event that has begun
        let (so, shut) = (Some(C::AlreadySo), Some(C::NotOpen));
        let table = [
            (S::Planned, [None, None, None, None, so, None]),
            (S::Confirmed, [so, None, None, None, None, None]),
            (S::Done, [shut, so, shut, shut, None, shut]),
            (S::Cancelled, [shut, shut, shut, so, None, shut]),
            (S::NoShow, [shut, shut, so, shut, None, shut]),
        ];
        use AgendaAction as A;
        let actions = [A::Confirm, A::Complete, A::MarkNoShow, A::Cancel, A::Reopen, A::Reschedule];
        let now = at("2026-11-21T10:00:00Z");
        for (state, expected) in table {
            for (action, code) in actions.into_iter().zip(expected) {
                let facts = Facts { state, start: now, callable: Callable::Nobody, is_replaced: false };
                let judged = judge(action, facts, &viewer(None), now);
                assert_eq!(judged.err().map(|blocked| blocked.code), code, "{action} of {state}");
            }
        }
    }

    #[test]
    fn nobody_fails_to_come_before_it_begins() {
        let start = at("2026-11-21T10:00:00Z");
        let facts =
            Facts { state: AgendaEventState::Planned, start, callable: Callable::Phone, is_replaced: false };
        let before =
            judge(AgendaAction::MarkNoShow, facts, &viewer(None), start - chrono::Duration::seconds(1));
        assert_eq!(before.expect_err("refused").code, AgendaErrorCode::NotBegun);
        assert_eq!(judge(AgendaAction::MarkNoShow, facts, &viewer(None), start), Ok(()));
    }

    #[test]
    fn a_follow_up_is_not_reopened_beside_another() {
        let now = at("2026-11-21T10:00:00Z");
        let facts =
            Facts { state: AgendaEventState::Done, start: now, callable: Callable::Phone, is_replaced: true };
        let judged = judge(AgendaAction::Reopen, facts, &viewer(None), now);
        assert_eq!(judged.expect_err("refused").code, AgendaErrorCode::FollowUpOpen);
        assert_eq!(judge(AgendaAction::Update, facts, &viewer(None), now), Ok(()));
    }

    #[test]
    fn who_may_only_read_may_call_and_nothing_else() {
        let now = at("2026-11-21T10:00:00Z");
        let facts = Facts {
            state: AgendaEventState::Planned,
            start: now,
            callable: Callable::Phone,
            is_replaced: false,
        };
        for (action, ..) in AgendaAction::ALL {
            let judged = judge(*action, facts, &viewer(Some(vec![Scope::Read])), now);
            let expected = (*action != AgendaAction::CallClient).then_some(AgendaErrorCode::RightMissing);
            assert_eq!(judged.err().map(|blocked| blocked.code), expected, "{action}");
        }
        let nobody = Facts { callable: Callable::Nobody, ..facts };
        let judged = judge(AgendaAction::CallClient, nobody, &viewer(None), now);
        assert_eq!(judged.expect_err("refused").code, AgendaErrorCode::NoClient);
    }
}
