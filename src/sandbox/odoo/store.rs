//! Where the records are: tables of rows, the links between them, the external ids, and what to put back when a call fails.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::schema::{Kind, Model, models};
use crate::integrations::odoo::Value;

/// A record without its id: only what is something. A moment has microseconds here (rule 35).
pub(super) type Row = BTreeMap<Arc<str>, Value>;

/// Where external ids are kept.
pub(super) const EXTERNAL_IDS: &str = "ir.model.data";

#[derive(Default)]
struct Table {
    rows: BTreeMap<i64, Row>,
    last: i64,
    /// For each many2one, who leads to whom.
    links: BTreeMap<Arc<str>, HashMap<i64, BTreeSet<i64>>>,
}

impl Table {
    /// Puts a row in its place, or takes it away; answers what was there.
    fn put(&mut self, id: i64, row: Option<Row>) -> Option<Row> {
        let before = match row {
            Some(row) => self.rows.insert(id, row),
            None => self.rows.remove(&id),
        };
        let now = self.rows.get(&id);
        for (field, links) in &mut self.links {
            let old = before.as_ref().and_then(|row| row.get(field));
            let new = now.and_then(|row| row.get(field));
            if old == new {
                continue;
            }
            if let Some(Value::Int(other)) = old
                && let Some(ids) = links.get_mut(other)
            {
                ids.remove(&id);
            }
            if let Some(Value::Int(other)) = new {
                links.entry(*other).or_default().insert(id);
            }
        }
        before
    }
}

/// What an external id leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The id of the entry itself.
    pub id: i64,
    pub model: String,
    pub record: i64,
}

/// All records.
pub(super) struct Store {
    models: BTreeMap<String, Arc<Model>>,
    tables: BTreeMap<String, Table>,
    /// By `module.name`.
    entries: HashMap<String, Entry>,
    /// The first external id of a record.
    names: BTreeMap<(String, i64), BTreeSet<String>>,
    log: Vec<(String, i64, Option<Row>)>,
    numbers: HashMap<String, i64>,
    errors: u64,
}

impl Store {
    pub fn new() -> Store {
        let models = models();
        let tables = models.iter().map(|(name, model)| (name.clone(), table(model))).collect();
        Store {
            models,
            tables,
            entries: HashMap::new(),
            names: BTreeMap::new(),
            log: Vec::new(),
            numbers: HashMap::new(),
            errors: 0,
        }
    }

    /// The server's log has an ERROR more.
    pub fn log_error(&mut self) {
        self.errors += 1;
    }

    /// How many ERRORs the server's log has.
    pub fn errors(&self) -> u64 {
        self.errors
    }

    pub fn model(&self, name: &str) -> Option<&Arc<Model>> {
        self.models.get(name)
    }

    pub fn models(&self) -> impl Iterator<Item = &Arc<Model>> {
        self.models.values()
    }

    /// A field more, such as the column of a new analytic plan.
    pub fn add_field(&mut self, model: &str, field: super::schema::Field) {
        let Some(known) = self.models.get_mut(model) else { return };
        if let (Kind::Many2one(_), Some(table)) = (&field.kind, self.tables.get_mut(model)) {
            table.links.insert(field.name.clone(), HashMap::new());
        }
        Arc::make_mut(known).add(field);
    }

    /// A field less.
    pub fn remove_field(&mut self, model: &str, field: &str) {
        if let Some(known) = self.models.get_mut(model) {
            Arc::make_mut(known).remove(field);
        }
    }

    pub fn row(&self, model: &str, id: i64) -> Option<&Row> {
        self.tables.get(model)?.rows.get(&id)
    }

    pub fn rows(&self, model: &str) -> impl DoubleEndedIterator<Item = (i64, &Row)> {
        self.tables.get(model).into_iter().flat_map(|table| table.rows.iter().map(|(id, row)| (*id, row)))
    }

    /// The ids above one, without a walk over those below.
    pub fn above(&self, model: &str, id: i64) -> impl Iterator<Item = i64> {
        let range = (std::ops::Bound::Excluded(id), std::ops::Bound::Unbounded);
        self.tables.get(model).into_iter().flat_map(move |table| table.rows.range(range).map(|(id, _)| *id))
    }

    pub fn count(&self, model: &str) -> usize {
        self.tables.get(model).map_or(0, |table| table.rows.len())
    }

    /// The records of a model that lead to a record by this many2one.
    pub fn leading_to(&self, model: &str, field: &str, id: i64) -> Vec<i64> {
        let links = self.tables.get(model).and_then(|table| table.links.get(field)?.get(&id));
        links.into_iter().flatten().copied().collect()
    }

    /// The next id; it is used up even when the call fails.
    pub fn next_id(&mut self, model: &str) -> i64 {
        self.tables.get_mut(model).map_or(0, |table| {
            table.last += 1;
            table.last
        })
    }

    /// Gives this id out next.
    pub fn set_next_id(&mut self, model: &str, id: i64) {
        if let Some(table) = self.tables.get_mut(model) {
            table.last = id - 1;
        }
    }

    /// The next number of documents whose names begin so.
    pub fn number(&mut self, prefix: &str) -> i64 {
        let last = self.numbers.entry(prefix.to_owned()).or_default();
        *last += 1;
        *last
    }

    /// Puts a row in its place, or takes it away.
    pub fn put(&mut self, model: &str, id: i64, row: Option<Row>) {
        if let Some(table) = self.tables.get_mut(model) {
            table.last = table.last.max(id);
            let before = table.put(id, row);
            self.entry_moved(model, id, before.as_ref());
            self.log.push((model.to_owned(), id, before));
        }
    }

    /// Where a call, or a part of one that may fail alone, begins.
    pub fn mark(&self) -> usize {
        self.log.len()
    }

    /// Nothing before can be taken back any more.
    pub fn commit(&mut self) {
        self.log.clear();
    }

    /// Takes back everything since the mark.
    pub fn take_back(&mut self, mark: usize) {
        while self.log.len() > mark {
            let Some((model, id, before)) = self.log.pop() else { return };
            if let Some(table) = self.tables.get_mut(&model) {
                let undone = table.put(id, before);
                self.entry_moved(&model, id, undone.as_ref());
            }
        }
    }

    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    /// The external ids of a record.
    pub fn names(&self, model: &str, id: i64) -> impl Iterator<Item = &String> {
        self.names.get(&(model.to_owned(), id)).into_iter().flatten()
    }

    fn entry_moved(&mut self, model: &str, id: i64, before: Option<&Row>) {
        if model != EXTERNAL_IDS {
            return;
        }
        if let Some((name, entry)) = before.and_then(|row| entry(id, row)) {
            if let Some(names) = self.names.get_mut(&(entry.model, entry.record)) {
                names.remove(&name);
            }
            self.entries.remove(&name);
        }
        let now = self.row(model, id).and_then(|row| entry(id, row));
        if let Some((name, entry)) = now {
            self.names.entry((entry.model.clone(), entry.record)).or_default().insert(name.clone());
            self.entries.insert(name, entry);
        }
    }
}

fn table(model: &Model) -> Table {
    let links = model.fields.iter().filter(|field| matches!(field.kind, Kind::Many2one(_)));
    Table { links: links.map(|field| (field.name.clone(), HashMap::new())).collect(), ..Table::default() }
}

fn entry(id: i64, row: &Row) -> Option<(String, Entry)> {
    let text = |name| match row.get(name) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let Some(Value::Int(record)) = row.get("res_id") else { return None };
    let name = format!("{}.{}", text("module")?, text("name")?);
    Some((name, Entry { id, model: text("model")?, record: *record }))
}
