//! How one kind of our things stands in Odoo. A kind is one file beside this one, and one line in `MAPPINGS`.

use std::collections::HashMap;

use futures_util::future::BoxFuture;
use sea_orm::DatabaseExecutor;
use uuid::Uuid;

use super::names::Names;
use crate::domains::sync::Model;
use crate::domains::sync::ledger::Values;
use crate::integrations::odoo::{Misread, Record};
use crate::kernel::contact::{Email, Phone};
use crate::kernel::ids::{ClientId, TypedId, print};
use crate::kernel::{Patch, Result, Stop};
use crate::kernel::{tax_id, text};
use crate::platform::db::Tx;

/// Who decides what a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decides {
    /// What stands here goes there, whatever was changed there.
    Cabina,
    /// What stands there comes here, whatever was changed here.
    Odoo,
    /// Whoever changed it since both last met; cabina when both did.
    WhoChanged,
}

/// What a field holds, and so how it is written and compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// `true` or `false`.
    Flag,
    /// A phone number, here in E.164.
    Phone,
    /// An e-mail address, here in small letters.
    Email,
    /// A tax id, here in capitals without separators.
    TaxId,
    /// A country, here by its ISO 3166-1 alpha-2 code.
    Country,
    /// A state of the country, here by its name.
    Region,
    /// The client that it hangs on, here by its id; a record that is no client here stands for itself.
    Client,
}

/// One field of ours and its place in Odoo.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name here.
    pub ours: &'static str,
    /// Its name there.
    pub theirs: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Who decides.
    pub decides: Decides,
}

impl Field {
    /// The column of `load` that writes it.
    pub fn column(&self) -> String {
        match self.kind {
            // By the database's own id: display names are ambiguous (rule 27).
            Kind::Country | Kind::Region | Kind::Client => format!("{}/.id", self.theirs),
            _ => self.theirs.to_owned(),
        }
    }

    /// The cell of `load`; `None`: this Odoo has no such value.
    pub fn cell(&self, values: &Values, names: &Names) -> Option<String> {
        let value = values.get(self.ours).cloned().flatten();
        let Some(value) = value else { return Some(String::new()) };
        match self.kind {
            Kind::Flag => Some(if value == "true" { "True" } else { "False" }.to_owned()),
            Kind::Country => names.places.country(&value).map(|id| id.to_string()),
            Kind::Region => {
                let country = values.get("address.country").cloned().flatten();
                names.places.region(country.as_deref(), &value).map(|id| id.to_string())
            }
            Kind::Client => names.record(value.parse().ok()?).map(|id| id.to_string()),
            _ => Some(value),
        }
    }

    /// What stands in this field among the `values` of a side, in the one spelling in which all sides are compared: the one in
    /// which it is stored here, and for a state the one that Odoo has for it.
    pub fn normal(&self, values: &Values, names: &Names, home: Option<&str>) -> Option<String> {
        let given = values.get(self.ours)?.as_deref()?;
        match self.kind {
            Kind::Flag | Kind::Country | Kind::Client => Some(given.to_owned()),
            Kind::Region => {
                let country = values.get("address.country").and_then(|country| country.as_deref());
                let known = names.places.region(country, given).and_then(|id| names.places.name(id));
                known.or_else(|| as_here(Kind::Text, given, home))
            }
            kind => as_here(kind, given, home),
        }
    }

    /// Whether what a record there holds has a name here.
    pub fn is_known(&self, record: &Record, names: &Names) -> bool {
        let held = record.many2one(self.theirs).ok().flatten();
        match (self.kind, held) {
            (Kind::Country, Some(id)) => names.places.code(id).is_some(),
            (Kind::Region, Some(id)) => names.places.name(id).is_some(),
            _ => true,
        }
    }

    /// What a record there holds, written as it would be here; `home` is the country in which national numbers are read.
    pub fn value(
        &self,
        record: &Record,
        names: &Names,
        home: Option<&str>,
    ) -> Result<Option<String>, Misread> {
        Ok(match self.kind {
            Kind::Flag => Some(record.flag(self.theirs)?.to_string()),
            Kind::Country => record.many2one(self.theirs)?.and_then(|id| names.places.code(id)),
            Kind::Region => record.many2one(self.theirs)?.and_then(|id| names.places.name(id)),
            Kind::Client => record.many2one(self.theirs)?.map(|id| match names.client(id) {
                Some(client) => client.to_string(),
                None => format!("record {id} of Odoo"),
            }),
            kind => record.text(self.theirs)?.and_then(|given| as_here(kind, given, home)),
        })
    }
}

/// A text as it would stand here; what breaks our rules stays as it is, and is refused by them when it is taken over.
fn as_here(kind: Kind, given: &str, home: Option<&str>) -> Option<String> {
    let tidy = text::tidy(given);
    let value = match kind {
        Kind::Phone => Phone::parse(&tidy, home).map(|phone| phone.as_str().to_owned()).unwrap_or(tidy),
        Kind::Email => Email::parse(&tidy).map(|email| email.as_str().to_owned()).unwrap_or(tidy),
        // Odoo writes the country before many of them.
        Kind::TaxId => match tax_id::check(home.unwrap_or_default(), &tidy) {
            Ok(id) => id.value,
            Err(_) => tax_id::known(&tidy).map_or_else(|| tax_id::compact(&tidy), |id| id.value),
        },
        _ => tidy,
    };
    Some(value).filter(|value| !value.is_empty())
}

/// A thing of ours, as it is to stand there.
#[derive(Clone, Debug)]
pub struct Local {
    /// Its values, by our field names.
    pub values: Values,
    /// The client that it hangs on.
    pub client: ClientId,
    /// What must be there before it.
    pub parent: Option<Uuid>,
    /// The country in which its national phone numbers are read.
    pub home: Option<String>,
    /// Its version here.
    pub version: i32,
}

/// How a kind of things is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// As records that are kept alike, many in one call.
    Records,
    /// As a note on the record of what it hangs on, once.
    Note,
}

/// A record of Odoo that no row of the ledger knows.
pub struct UnmappedRecord<'a> {
    /// Its values, by our field names.
    pub values: &'a Values,
    /// The client to whose record it belongs; `None` when it is a record of its own.
    pub client: Option<ClientId>,
    /// The name of the team whose pool receives new clients; without one no client is made.
    pub team: Option<&'a str>,
}

/// How one kind of our things stands in Odoo.
pub trait Mapping: Send + Sync {
    /// Prefix of the ids here.
    fn kind(&self) -> &'static str;
    /// The model there.
    fn model(&self) -> &'static str;
    /// How it is sent.
    fn way(&self) -> Way {
        Way::Records
    }
    /// Its fields.
    fn fields(&self) -> &'static [Field];
    /// The kind of things that it hangs on, which must be sent for it to be sent.
    fn hangs_on(&self) -> Option<&'static str> {
        None
    }
    /// The things with these ids, as they are to stand there; what is not to stand there is left out.
    fn read<'a>(
        &'a self,
        conn: DatabaseExecutor<'a>,
        ids: &'a [Uuid],
    ) -> BoxFuture<'a, Result<HashMap<Uuid, Local>>>;

    /// Takes over what was changed there since a version of ours was compared with it.
    fn take<'a>(
        &'a self,
        _tx: &'a mut Tx,
        _id: Uuid,
        _version: i32,
        _edits: &'a Values,
    ) -> BoxFuture<'a, Result<Taken>> {
        Box::pin(std::future::ready(Ok(Taken::Kept(Vec::new()))))
    }

    /// Makes a thing of a record that nobody here knows; `None`: it is left there.
    fn adopt<'a>(
        &'a self,
        _tx: &'a mut Tx,
        _unmapped: UnmappedRecord<'a>,
    ) -> BoxFuture<'a, Result<Option<(Uuid, ClientId)>>> {
        Box::pin(std::future::ready(Ok(None)))
    }
}

/// How it ended to take over what was changed there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It was taken over, but for what our rules refuse.
    Kept(Vec<Refused>),
    /// The thing is no more.
    Gone,
    /// Somebody changed the same here meanwhile: compare anew.
    Overtaken,
}

/// A value from there that our rules refused: the field and the rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The field, by its name here.
    pub field: String,
    /// The rule.
    pub rule: String,
}

/// What was made of a record; `None`: our rules keep it out.
pub fn made<T, C>(ended: Result<T, Stop<C>>) -> Result<Option<T>> {
    match ended {
        Ok(made) => Ok(Some(made)),
        Err(Stop::Error(error)) => Err(error),
        Err(_) => Ok(None),
    }
}

/// What our rules refused of a record, field by field, while it is tried without them.
#[derive(Debug, Default)]
pub struct Refusals(Vec<Refused>);

impl Refusals {
    /// The value of a field among `edits`, as a patch; a refused one stays as it is.
    pub fn patch(&self, edits: &Values, field: &str) -> Patch<String> {
        match edits.get(field) {
            Some(value) if !self.names(field) => value.clone().map_or(Patch::Clear, Patch::Set),
            _ => Patch::Keep,
        }
    }

    /// Adds the fields that an attempt was refused for; tells whether there are new ones, so that it may go better without them.
    pub fn grew<T, C>(&mut self, ended: &Result<T, Stop<C>>) -> bool {
        let Err(Stop::Refused(rules)) = ended else { return false };
        let known = self.0.len();
        for rule in rules {
            self.add(rule.field.join("."), &rule.message);
        }
        self.0.len() > known
    }

    /// Adds a field.
    pub fn add(&mut self, field: String, rule: &str) {
        if !self.names(&field) {
            self.0.push(Refused { field, rule: rule.to_owned() });
        }
    }

    /// How it ended to take something over, but for what was refused.
    pub fn taken<T, C>(self, ended: Result<T, Stop<C>>) -> Result<Taken> {
        match ended {
            Ok(_) | Err(Stop::Refused(_)) => Ok(Taken::Kept(self.0)),
            Err(Stop::Conflict(_)) => Ok(Taken::Overtaken),
            Err(Stop::Error(error)) => Err(error),
        }
    }

    /// Whether a field is among them.
    pub fn names(&self, field: &str) -> bool {
        self.0.iter().any(|refused| refused.field == field)
    }
}

/// The external id under which a thing of ours stands there. The prefix is no module's name.
pub(super) fn external_key(mapping: &dyn Mapping, row: &Model) -> String {
    format!("cabina.{}", print(mapping.kind(), row.id.uuid()))
}
