//! What Odoo says when a right is missing: of which model, and who has it.

/// A missing right. In the words of any language: a technical name in brackets, and groups in a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Denial<'a> {
    /// What may not be done, where it is said in English.
    verb: Option<&'a str>,
    /// The model, by its technical name.
    model: &'a str,
    /// The field that may not be touched; else it is the records.
    field: Option<&'a str>,
    /// Whether all records of the model are meant, or some by a rule.
    is_of_all: bool,
    /// The groups that have the right.
    groups: Vec<&'a str>,
}

impl<'a> Denial<'a> {
    /// Reads a refusal; `None`: it is none for want of a right.
    pub fn of(message: &'a str) -> Option<Denial<'a>> {
        let message = message.trim();
        let first = message.lines().next()?;
        let (head, model) = message.lines().find_map(|line| Some((line, technical_name(line)?)))?;
        let field = head.split_once('"').and_then(|(_, rest)| rest.split_once('"')).map(|(field, _)| field);
        let verb = first.strip_prefix("You are not allowed to ").and_then(|rest| rest.split(' ').next());
        let groups = message.lines().filter_map(|line| line.strip_prefix("\t- ")).collect();
        Some(Denial { verb, model, field, is_of_all: head == first && field.is_none(), groups })
    }

    /// Whether it says the same of every record of this model.
    pub fn is_of_all(&self, model: &str) -> bool {
        self.is_of_all && self.model == model
    }

    /// What a person can do about it.
    pub fn hint(&self) -> String {
        if self.model == "res.users" {
            return "It is the contact of a user of Odoo, whom only administrators have the right to change: change it in Odoo, \
                    then discard this."
                .to_owned();
        }
        let verb = match self.verb {
            Some("access") => "read",
            Some(verb) => verb,
            None => "use",
        };
        let what = match (self.field, self.is_of_all) {
            (Some(field), _) => format!("the field {field} of {}", self.model),
            (None, true) => self.model.to_owned(),
            (None, false) => format!("these records of {}, which a record rule keeps from it", self.model),
        };
        let groups = match self.groups.as_slice() {
            [] => String::new(),
            groups => format!(" by one of these groups: {}", groups.join(", ")),
        };
        format!("Give the integration user in Odoo the right to {verb} {what}{groups}. Then retry.")
    }
}

/// A technical name in brackets, such as `(res.partner)`. Where values are told they stand in square ones.
fn technical_name(line: &str) -> Option<&str> {
    if line.contains('[') {
        return None;
    }
    line.split('(').skip(1).filter_map(|rest| rest.split_once(')')).map(|(name, _)| name).find(|name| {
        let is_part = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_lowercase())
                && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        };
        name.contains('.') && name.split('.').all(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: &str = "You are not allowed to modify 'Contact' (res.partner) records.\n\nThis operation is allowed for the \
                         following groups:\n\t- Contact/Creation\n\t- Sales/Administrator\n\nContact your administrator to \
                         request access if necessary.";
    const FIELD: &str = "You do not have enough rights to access the field \"credit_limit\" on Contact (res.partner). Please \
                         contact your system administrator.\n\nOperation: read";
    const RULE: &str = "Uh-oh! Looks like you have stumbled upon some top-secret records.\n\nSorry, cabina (id=5) doesn't have \
                        'write' access to:\n- Contact (res.partner)\n\nIf you really, really need access, perhaps you can win \
                        over your friendly administrator with a batch of freshly baked cookies.";

    #[test]
    fn the_hint_names_the_right() {
        let hint = |message| Denial::of(message).expect("a denial").hint();
        assert_eq!(
            hint(MODEL),
            "Give the integration user in Odoo the right to modify res.partner by one of these groups: Contact/Creation, \
             Sales/Administrator. Then retry."
        );
        assert!(hint(FIELD).contains("the field credit_limit of res.partner"), "{}", hint(FIELD));
        assert!(hint(RULE).contains("these records of res.partner"), "{}", hint(RULE));
        let other = "No tiene permiso para modificar los registros de «Usuario» (res.users).";
        assert!(hint(other).contains("contact of a user"), "{}", hint(other));
    }

    #[test]
    fn what_is_said_of_all_is_told_from_what_is_said_of_some() {
        let all = |message, model| Denial::of(message).expect("a denial").is_of_all(model);
        assert!(all(MODEL, "res.partner") && !all(MODEL, "crm.lead"));
        assert!(!all(FIELD, "res.partner") && !all(RULE, "res.partner"));
    }

    #[test]
    fn other_refusals_are_none() {
        for other in [
            "",
            "Contacts require a name",
            "The VAT number [X] for partner [A (cabina.example)] does not seem to be valid.",
            "Only a part (1.2) of it",
            "Record does not exist or has been deleted.\n(Record: res.partner(8,), User: 2)",
            "Missing required value for the field 'Name' (name)",
            "Invalid field 'x' on 'res.partner'",
        ] {
            assert_eq!(Denial::of(other), None, "{other}");
        }
    }
}
