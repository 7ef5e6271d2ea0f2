//! What is wanted of Odoo, before any language: model, method, records and parameters, and the type of the answer.

use std::marker::PhantomData;

use super::answer::{Acted, ExternalIds, Fields, Loaded, Stored};
use super::domain::Domain;
use super::record::Record;
use super::value::{Map, Value};

/// A call whose answer reads as `T`.
///
/// The older two languages take a method's leading parameters by position, JSON-2 takes all by name; so the leading ones
/// carry both.
#[derive(Debug)]
pub struct Call<T = Value> {
    pub(super) model: String,
    pub(super) method: String,
    pub(super) ids: Option<Vec<i64>>,
    pub(super) leading: Vec<(&'static str, Value)>,
    options: Map,
    bare: bool,
    context: Map,
    answer: PhantomData<fn() -> T>,
}

impl<T> Clone for Call<T> {
    fn clone(&self) -> Self {
        Call {
            model: self.model.clone(),
            method: self.method.clone(),
            ids: self.ids.clone(),
            leading: self.leading.clone(),
            options: self.options.clone(),
            bare: self.bare,
            context: self.context.clone(),
            answer: PhantomData,
        }
    }
}

impl<T> Call<T> {
    /// Any method of a model, with nothing said yet.
    pub fn of(model: &str, method: &str) -> Call<T> {
        Call {
            model: model.to_owned(),
            method: method.to_owned(),
            ids: None,
            leading: Vec::new(),
            options: Vec::new(),
            bare: false,
            context: Vec::new(),
            answer: PhantomData,
        }
    }

    /// On these records. Methods of the model itself have none: JSON-2 refuses ids there.
    pub fn on(mut self, ids: &[i64]) -> Self {
        self.ids = Some(ids.to_vec());
        self
    }

    /// The next leading parameter, by the name that the method's source gives it.
    pub fn leading(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.leading.push((name, value.into()));
        self
    }

    /// A parameter by name.
    pub fn option(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.options.push((name.to_owned(), value.into()));
        self
    }

    /// A word of the context: `active_test` false shows archived records too, `lang` translates, `allowed_company_ids` narrows.
    pub fn context(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.context.push((name.to_owned(), value.into()));
        self
    }

    /// At most so many records.
    pub fn limit(self, records: i64) -> Self {
        self.option("limit", records)
    }

    /// The order, such as `write_date asc, id asc`.
    pub fn order(self, order: &str) -> Self {
        self.option("order", order)
    }

    /// Many2ones as bare ids, without the names that depend on language and rights (rule 9).
    pub fn bare(mut self) -> Self {
        self.bare = true;
        self
    }

    /// Model and method, for logs.
    pub fn name(&self) -> String {
        format!("{}.{}", self.model, self.method)
    }

    /// The parameters by name; `bare` is the language's word for many2ones without names.
    pub(super) fn options(&self, bare: Value) -> Map {
        let mut options = self.options.clone();
        if self.bare {
            options.push(("load".to_owned(), bare));
        }
        if !self.context.is_empty() {
            options.push(("context".to_owned(), Value::Map(self.context.clone())));
        }
        options
    }

    /// The parameters by position, the records first.
    pub(super) fn positional(&self) -> Value {
        let ids = self.ids.iter().map(|ids| ids.clone().into());
        Value::List(ids.chain(self.leading.iter().map(|(_, value)| value.clone())).collect())
    }
}

fn texts(items: &[&str]) -> Value {
    items.to_vec().into()
}

impl Call<Vec<i64>> {
    /// The ids of the records that fit.
    pub fn search(model: &str, domain: Domain) -> Self {
        Call::of(model, "search").leading("domain", domain)
    }

    /// Makes several records in one transaction; answers their ids in the same order. Never repeat it blindly (rule 23).
    pub fn create_all(model: &str, records: Vec<Map>) -> Self {
        let records = records.into_iter().map(Value::Map).collect();
        Call::of(model, "create").leading("vals_list", Value::List(records))
    }
}

impl Call<i64> {
    /// How many records fit.
    pub fn search_count(model: &str, domain: Domain) -> Self {
        Call::of(model, "search_count").leading("domain", domain)
    }

    /// Makes a record; answers its id. Never repeat it blindly: where that could happen, use [`Call::load`] (rule 23).
    pub fn create(model: &str, values: Map) -> Self {
        Call::of(model, "create").leading("vals_list", Value::Map(values))
    }

    /// Writes an internal note on a record; answers the message's id.
    pub fn message_post(model: &str, id: i64, body: &str) -> Self {
        let note = Call::of(model, "message_post").on(&[id]).option("body", body);
        note.option("message_type", "comment").option("subtype_xmlid", "mail.mt_note")
    }
}

impl Call<Vec<Record>> {
    /// The fields of these records; those that do not exist are left out of the answer (rule 14).
    pub fn read(model: &str, ids: &[i64], fields: &[&str]) -> Self {
        Call::of(model, "read").on(ids).leading("fields", texts(fields))
    }

    /// The fields of the records that fit; all fields when none is named.
    pub fn search_read(model: &str, domain: Domain, fields: &[&str]) -> Self {
        let call = Call::of(model, "search_read").leading("domain", domain);
        if fields.is_empty() { call } else { call.option("fields", texts(fields)) }
    }
}

impl Call<ExternalIds> {
    /// One external id of each of these records. Over XML-RPC it ends in [`super::Class::Done`]: the answer does not fit
    /// (rule 30).
    pub fn external_ids(model: &str, ids: &[i64]) -> Self {
        Call::of(model, "get_external_id").on(ids)
    }
}

impl Call<Stored> {
    /// Changes records, all to the same values.
    pub fn write(model: &str, ids: &[i64], values: Map) -> Self {
        Call::of(model, "write").on(ids).leading("vals", Value::Map(values))
    }

    /// Deletes records. After a lost answer [`super::Kind::Missing`] means that it was done.
    pub fn unlink(model: &str, ids: &[i64]) -> Self {
        Call::of(model, "unlink").on(ids)
    }
}

impl Call<Fields> {
    /// What fields a model has; all when none is named.
    pub fn fields_get(model: &str, fields: &[&str]) -> Self {
        let call = Call::of(model, "fields_get");
        let call = if fields.is_empty() { call } else { call.leading("allfields", texts(fields)) };
        let attributes = ["type", "string", "required", "readonly", "relation", "selection"];
        call.option("attributes", texts(&attributes))
    }
}

impl Call<Loaded> {
    /// Makes or changes records by their external id in the column `id`: may be repeated (rule 24). An empty cell clears, a
    /// column left out is left alone (rule 27). Once a record exists, [`Call::write`] tells when it was deleted (rule 29).
    pub fn load(model: &str, columns: &[&str], rows: &[Vec<String>]) -> Self {
        Call::of(model, "load").leading("fields", texts(columns)).leading("data", rows.to_vec())
    }
}

impl Call<Acted> {
    /// Runs a method such as `action_confirm` on records. Read their state afterwards: the answer says little (rule 21).
    pub fn act(model: &str, method: &str, ids: &[i64]) -> Self {
        Call::of(model, method).on(ids)
    }
}
