//! Who calls, and what they may.

use super::problem::Problem;
use super::python::truth;
use super::schema::{Field, Model};
use super::store::Store;
use super::switches::Switches;
use super::tx::{Tx, part};
use crate::integrations::odoo::{Map, Value};

const USER: &str = "res.users";

/// What is done to a model.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Operation {
    Read,
    Create,
    Write,
    Unlink,
}

impl Operation {
    /// By the word of `check_access_rights`.
    pub fn of(word: &str) -> Option<Operation> {
        let all = [Operation::Read, Operation::Create, Operation::Write, Operation::Unlink];
        all.into_iter().find(|operation| operation.word() == word)
    }

    fn word(self) -> &'static str {
        match self {
            Operation::Read => "read",
            Operation::Create => "create",
            Operation::Write => "write",
            Operation::Unlink => "unlink",
        }
    }

    fn verb(self) -> &'static str {
        match self {
            Operation::Read => "access",
            Operation::Create => "create",
            Operation::Write => "modify",
            Operation::Unlink => "delete",
        }
    }
}

fn says(store: &Store, uid: i64, field: &str) -> Option<String> {
    match store.row(USER, uid)?.get(field) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

/// Whether a secret is the user's password, or the key that may stand in its place (rule 5).
fn opens(store: &Store, switches: &Switches, uid: i64, secret: &str) -> bool {
    let is = |field| says(store, uid, field).is_some_and(|known| known == secret);
    (is("password") && !switches.refuse_login)
        || (is("api_key") && !switches.expired_key && !switches.refuse_login)
}

/// `authenticate`: no id when it is refused (rule 4).
pub(super) fn authenticate(store: &Store, switches: &Switches, login: &str, secret: &str) -> Option<i64> {
    let mut users = store.rows(USER).map(|(uid, _)| uid);
    let uid = users.find(|uid| says(store, *uid, "login").is_some_and(|known| known == login))?;
    opens(store, switches, uid, secret).then_some(uid)
}

/// Refuses a wrong secret of a user, and a user that is not there (rule 4).
pub(super) fn check(store: &Store, switches: &Switches, uid: i64, secret: &str) -> Result<(), Problem> {
    if !opens(store, switches, uid, secret) {
        let known = store.row(USER, uid).is_some() || secret.trim().is_empty();
        return Err(if known { Problem::denied() } else { Problem::missing(USER, &[uid], uid) });
    }
    Ok(())
}

/// Whose key it is.
pub(super) fn by_key(store: &Store, switches: &Switches, key: &str) -> Option<i64> {
    let mut users = store.rows(USER).map(|(uid, _)| uid);
    users.find(|uid| !switches.expired_key && says(store, *uid, "api_key").is_some_and(|known| known == key))
}

/// Models that only an administrator changes.
const SETTINGS: &[&str] = &[
    "res.users",
    "res.company",
    "res.country",
    "res.country.state",
    "res.currency",
    "res.lang",
    "ir.model",
    "ir.module.module",
    "crm.stage",
    "crm.team",
    "account.journal",
    "account.account",
    "account.tax",
];

impl Tx<'_> {
    /// Whether the user may.
    pub fn may(&self, model: &str, operation: Operation) -> bool {
        let reads = operation == Operation::Read;
        if self.switches.no_rights.iter().any(|name| name == model) {
            return false;
        }
        match says(self.store, self.uid, "rights").as_deref() {
            Some("admin") => true,
            Some("bot") => model != "ir.model.data" && (reads || !SETTINGS.contains(&model)),
            // One by one: `res.partner read`, one a line.
            Some(rights) if rights.contains(' ') => {
                rights.lines().any(|line| line.split_once(' ') == Some((model, operation.word())))
            }
            _ => reads && (model.starts_with("res.") || model.starts_with("crm.")),
        }
    }

    /// Refuses what the user may not, in the server's words.
    pub fn allowed(&self, model: &str, operation: Operation) -> Result<(), Problem> {
        let known = self.model(model)?;
        if self.may(model, operation) {
            return Ok(());
        }
        let groups: String = known.groups.iter().map(|group| format!("\n\t- {group}")).collect();
        let who = if groups.is_empty() {
            "No group currently allows this operation.".to_owned()
        } else {
            format!("This operation is allowed for the following groups:{groups}")
        };
        Err(Problem::access(format!(
            "You are not allowed to {} '{}' ({model}) records.\n\n{who}\n\nContact your administrator to request access if necessary.",
            operation.verb(),
            known.label,
        )))
    }

    /// Whether the user is an administrator, who may read every field.
    fn is_administrator(&self) -> bool {
        says(self.store, self.uid, "rights").as_deref() == Some("admin")
    }

    /// Refuses to read a field that only users of Accounting may.
    pub fn readable(&self, model: &Model, field: &Field) -> Result<(), Problem> {
        let is_guarded = model.name == "res.partner" && *field.name == *"credit_limit";
        if !is_guarded || !self.switches.accounting || self.is_administrator() {
            return Ok(());
        }
        Err(Problem::access(format!(
            "You do not have enough rights to access the field \"{}\" on {} ({}). Please contact your system administrator.\n\n\
             Operation: read",
            field.name, model.label, model.name
        )))
    }

    /// What `load` makes under a parent gets the parent's commercial fields, which are read as the user; `create` reads them
    /// as the server.
    pub fn may_copy_from_parent(&self, model: &Model, values: &Map) -> Result<(), Problem> {
        if model.name != "res.partner" || !part(values, "parent_id").is_some_and(truth) {
            return Ok(());
        }
        model.field("credit_limit").map_or(Ok(()), |field| self.readable(model, field))
    }

    /// Refuses changes of the partners that users are.
    pub fn guard_partner(&self, id: i64, values: &Map) -> Result<(), Problem> {
        let users: Vec<i64> = self.store.leading_to(USER, "partner_id", id);
        let users = users.into_iter().filter(|uid| truth(&self.get(USER, *uid, "active")));
        let users: Vec<i64> = users.collect();
        let internal = |uid: &i64| says(self.store, *uid, "rights").as_deref() != Some("portal");
        if users.iter().any(|uid| *uid != self.uid && internal(uid)) {
            self.allowed(USER, Operation::Write)?;
        }
        if part(values, "active").is_some_and(|active| !truth(active)) && !users.is_empty() {
            let names: Vec<String> = users.iter().map(|uid| self.display_name(USER, *uid)).collect();
            return Err(Problem::validation(format!(
                "You cannot archive contacts linked to an active user.\nAsk an administrator to archive their associated user \
                 first.\n\nLinked active users :\n{}",
                names.join(", ")
            )));
        }
        Ok(())
    }
}
