//! Pure decisions about clients: which transition is open to whom, and what each refusal is called.

use super::tables::client::{ClientStatus, Model};
use crate::platform::auth::{Right, Viewer};
use crate::{codes, words};

codes! {
    /// Why a client was not changed.
    pub enum ClientErrorCode {
        /// A visible client has the same e-mail, phone or tax id; `allowDuplicate` makes one all the same.
        Duplicate = "DUPLICATE",
        /// There is no market with this key.
        MarketUnknown = "MARKET_UNKNOWN",
        /// There is no active ecosystem with this key in the client's market.
        EcosystemUnknown = "ECOSYSTEM_UNKNOWN",
        /// There is no such advisor, or you may not give clients to them.
        AdvisorUnknown = "ADVISOR_UNKNOWN",
        /// There is no such team, or you may not give clients to it.
        TeamUnknown = "TEAM_UNKNOWN",
        /// Another client has this key in that system.
        ExternalRefTaken = "EXTERNAL_REF_TAKEN",
        /// The client is in this status already.
        AlreadySo = "ALREADY_SO",
        /// The client is blocked.
        ClientBlocked = "CLIENT_BLOCKED",
        /// The client is not blocked.
        NotBlocked = "NOT_BLOCKED",
        /// An active client needs an e-mail address or a phone number.
        ContactMissing = "CONTACT_MISSING",
        /// Only an active client can become inactive.
        NotActive = "NOT_ACTIVE",
        /// The client's personal data were erased: nothing of it can be changed any more.
        ClientErased = "CLIENT_ERASED",
        /// Your role does not allow it.
        RightMissing = "RIGHT_MISSING",
    }
    taken {
        "external_ref_system_key_key" => ExternalRefTaken, "externalRefs", "another client has one of these keys";
    }
}

words! {
    /// What can be done with a client.
    pub enum ClientAction {
        /// `clientUpdate`
        Update = "UPDATE",
        /// `clientReassign`
        Reassign = "REASSIGN",
        /// `clientActivate`
        Activate = "ACTIVATE",
        /// `clientDeactivate`
        Deactivate = "DEACTIVATE",
        /// `clientBlock`
        Block = "BLOCK",
        /// `clientUnblock`
        Unblock = "UNBLOCK",
        /// `eventlogAppend`
        AppendToEventLog = "APPEND_TO_EVENT_LOG",
    }
}

/// Why an action is closed: a code, what is wrong, and how to open it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// The code with which the mutation would refuse.
    pub code: ClientErrorCode,
    /// What is wrong.
    pub message: &'static str,
    /// What to do.
    pub fix: &'static str,
}

/// What a decision looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Where the client stands.
    pub status: ClientStatus,
    /// Whether there is an e-mail address or a phone number.
    pub reachable: bool,
    /// Whether the personal data were erased.
    pub erased: bool,
}

impl From<&Model> for Facts {
    fn from(client: &Model) -> Self {
        Facts {
            status: client.status,
            reachable: client.email.is_some() || client.phone.is_some(),
            erased: client.erased_at.is_some(),
        }
    }
}

/// Whether the viewer may do this with the client now. The mutations and `availableActions` both ask here.
pub fn judge(action: ClientAction, client: Facts, viewer: &Viewer) -> Result<(), Blocked> {
    use ClientAction as A;
    use ClientErrorCode as C;
    use ClientStatus as S;
    let no = |code, message, fix| Err(Blocked { code, message, fix });
    if !viewer.has(Right::WriteClients) {
        return no(
            C::RightMissing,
            "your access is for reading only",
            "use an account or key that may write",
        );
    }
    if client.erased {
        return no(C::ClientErased, "the client was erased", "create the person anew if they come back");
    }
    match (action, client.status) {
        (A::Update | A::Reassign | A::AppendToEventLog, _) => Ok(()),
        (A::Block | A::Unblock, _) if !viewer.has(Right::BlockClients) => {
            no(C::RightMissing, "blocking is for supervisors", "ask your supervisor")
        }
        (A::Block, S::Blocked) => no(C::AlreadySo, "the client is blocked already", "nothing is left to do"),
        (A::Block, _) | (A::Unblock, S::Blocked) => Ok(()),
        (A::Unblock, _) => no(C::NotBlocked, "the client is not blocked", "nothing is left to do"),
        (A::Activate | A::Deactivate, S::Blocked) => {
            no(C::ClientBlocked, "the client is blocked", "ask your supervisor to lift the block")
        }
        (A::Activate, S::Active) => no(C::AlreadySo, "the client is active already", "nothing is left to do"),
        (A::Activate, S::Prospect | S::Inactive) if !client.reachable => no(
            C::ContactMissing,
            "an active client needs an e-mail address or a phone number",
            "add an e-mail address or a phone number first",
        ),
        (A::Activate, S::Prospect | S::Inactive) | (A::Deactivate, S::Active) => Ok(()),
        (A::Deactivate, S::Inactive) => {
            no(C::AlreadySo, "the client is inactive already", "nothing is left to do")
        }
        (A::Deactivate, S::Prospect) => {
            no(C::NotActive, "only an active client can become inactive", "activate the client first")
        }
    }
}

/// Where a transition leads; `None` for actions that leave the status as it is.
pub fn leads_to(action: ClientAction) -> Option<ClientStatus> {
    match action {
        ClientAction::Activate => Some(ClientStatus::Active),
        ClientAction::Deactivate | ClientAction::Unblock => Some(ClientStatus::Inactive),
        ClientAction::Block => Some(ClientStatus::Blocked),
        ClientAction::Update | ClientAction::Reassign | ClientAction::AppendToEventLog => None,
    }
}

/// Where a client stands when another system puts it aside, or takes it back; `was`: where it stood before it was inactive.
pub fn set_aside(client: Facts, aside: bool, was: Option<ClientStatus>) -> ClientStatus {
    use ClientStatus as S;
    match (client.status, aside) {
        (S::Prospect | S::Active, true) => S::Inactive,
        // An active client can be reached.
        (S::Inactive, false) if was == Some(S::Prospect) || !client.reachable => S::Prospect,
        (S::Inactive, false) => S::Active,
        (status, _) => status,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::words::Word;
    use crate::platform::auth::{Role, Scope};

    fn viewer(role: Role, scopes: Option<Vec<Scope>>) -> Viewer {
        Viewer { role, scopes, ..Viewer::system("") }
    }

    #[test]
    fn every_status_and_action() {
        use ClientErrorCode as C;
        use ClientStatus as S;
        // activate, deactivate, block, unblock; by a supervisor, of a client who can be reached
        let table = [
            (S::Prospect, [None, Some(C::NotActive), None, Some(C::NotBlocked)]),
            (S::Active, [Some(C::AlreadySo), None, None, Some(C::NotBlocked)]),
            (S::Inactive, [None, Some(C::AlreadySo), None, Some(C::NotBlocked)]),
            (S::Blocked, [Some(C::ClientBlocked), Some(C::ClientBlocked), Some(C::AlreadySo), None]),
        ];
        let actions =
            [ClientAction::Activate, ClientAction::Deactivate, ClientAction::Block, ClientAction::Unblock];
        for (status, expected) in table {
            for (action, code) in actions.into_iter().zip(expected) {
                let judged = judge(
                    action,
                    Facts { status, reachable: true, erased: false },
                    &viewer(Role::Supervisor, None),
                );
                assert_eq!(judged.err().map(|b| b.code), code, "{action} of {status}");
            }
        }
    }

    #[test]
    fn who_is_put_aside_comes_back_as_what_they_were() {
        use ClientStatus as S;
        let facts = |status, reachable| Facts { status, reachable, erased: false };
        for status in [S::Prospect, S::Active] {
            assert_eq!(set_aside(facts(status, true), true, None), S::Inactive);
            assert_eq!(set_aside(facts(status, true), false, None), status, "nothing to do");
            assert_eq!(set_aside(facts(S::Inactive, true), false, Some(status)), status);
        }
        assert_eq!(set_aside(facts(S::Inactive, true), false, None), S::Active);
        assert_eq!(set_aside(facts(S::Inactive, false), false, Some(S::Active)), S::Prospect);
        for aside in [true, false] {
            assert_eq!(set_aside(facts(S::Blocked, true), aside, None), S::Blocked);
        }
    }

    #[test]
    fn who_cannot_be_reached_is_not_activated() {
        let facts = Facts { status: ClientStatus::Prospect, reachable: false, erased: false };
        let judged = judge(ClientAction::Activate, facts, &viewer(Role::Admin, None));
        assert_eq!(judged.expect_err("refused").code, ClientErrorCode::ContactMissing);
    }

    #[test]
    fn erased_ones_stay_so_a_reading_key_may_nothing_and_an_advisor_may_not_block() {
        for (action, ..) in ClientAction::ALL {
            let facts = Facts { status: ClientStatus::Active, reachable: true, erased: true };
            let judged = judge(*action, facts, &viewer(Role::Admin, None));
            assert_eq!(judged.expect_err("refused").code, ClientErrorCode::ClientErased);
            let key = viewer(Role::Admin, Some(vec![Scope::Read]));
            assert_eq!(judge(*action, facts, &key).expect_err("refused").code, ClientErrorCode::RightMissing);
        }
        let facts = Facts { status: ClientStatus::Active, reachable: true, erased: false };
        let judged = judge(ClientAction::Block, facts, &viewer(Role::Advisor, None));
        assert_eq!(judged.expect_err("refused").code, ClientErrorCode::RightMissing);
    }
}
