//! The methods that every model has.

use super::call::{Answer, Ask};
use super::problem::Problem;
use super::python::truth;
use super::search::Page;
use super::tx::Tx;
use super::users::Operation;
use crate::integrations::odoo::{Map, Value};

impl Tx<'_> {
    /// Runs a call to its end. The caller commits or takes back.
    pub fn run(&mut self, ask: &Ask) -> Result<Answer, Problem> {
        self.check_context()?;
        let model = self.model(&ask.model)?;
        let name = ask.model.as_str();
        let domain = ask.get("domain").cloned().unwrap_or(Value::Bool(false));
        let page = Page {
            offset: ask.number("offset").unwrap_or_default(),
            limit: ask.number("limit"),
            order: ask.get("order").and_then(|order| order.text_or_none().ok().flatten()).map(str::to_owned),
        };
        let value = match ask.method.as_str() {
            "search" => {
                self.allowed(name, Operation::Read)?;
                self.search(&model, &domain, &page)?.into()
            }
            "search_count" => {
                self.allowed(name, Operation::Read)?;
                let count = self.matching(&model, &domain)?.len().min(page.limit.unwrap_or(usize::MAX));
                Value::Int(i64::try_from(count).unwrap_or(i64::MAX))
            }
            "search_read" => {
                self.allowed(name, Operation::Read)?;
                let fields = ask.texts("fields");
                let ids = self.search(&model, &domain, &page)?;
                self.read(&model, &ids, &fields, bare(ask))?
            }
            "read" => {
                // Everybody reads about themselves.
                if name != "res.users" || ask.ids != [self.uid] {
                    self.allowed(name, Operation::Read)?;
                }
                self.read(&model, &ask.ids, &ask.texts("fields"), bare(ask))?
            }
            "create" => {
                self.allowed(name, Operation::Create)?;
                self.create_many(name, ask)?
            }
            "write" => {
                self.allowed(name, Operation::Write)?;
                let Some(Value::Map(values)) = ask.get("vals") else {
                    return Err(Problem::attribute("'list' object has no attribute 'items'"));
                };
                self.write(name, &ask.ids, values)?;
                Value::Bool(true)
            }
            "action_archive" | "action_unarchive" => {
                self.allowed(name, Operation::Write)?;
                let active = ask.method == "action_unarchive";
                self.write(name, &ask.ids, &vec![("active".to_owned(), active.into())])?;
                Value::Bool(true)
            }
            "unlink" => {
                self.allowed(name, Operation::Unlink)?;
                self.unlink(name, &ask.ids)?;
                Value::Bool(true)
            }
            "load" => self.load(name, &ask.texts("fields"), &rows(ask.get("data")))?,
            "fields_get" => self.fields_get(&model, &ask.texts("allfields"), &ask.texts("attributes"))?,
            "name_search" => {
                self.allowed(name, Operation::Read)?;
                self.name_search(ask)?
            }
            "default_get" => Value::Map(Map::new()),
            "exists" => {
                ask.ids.iter().copied().filter(|id| self.exists(name, *id)).collect::<Vec<_>>().into()
            }
            "context_get" => self.context_get(),
            "get_external_id" => return self.external_ids(ask),
            "export_data" => {
                return Err(Problem::user(
                    "You don't have the rights to export data. Please contact an Administrator.",
                ));
            }
            "check_access_rights" | "check_access" | "has_access" => return self.access(ask),
            _ => return self.act(ask),
        };
        Ok(Answer::Value(value))
    }

    /// Rule 17.
    fn check_context(&self) -> Result<(), Problem> {
        if let Some(Value::Text(language)) = self.context("lang") {
            let mut languages = self.store.rows("res.lang");
            let is = |code: Option<&Value>| code == Some(&Value::from(language.as_str()));
            if !languages.any(|(_, row)| is(row.get("code")) && row.get("active").is_some_and(truth)) {
                return Err(Problem::user(format!("Invalid language code: {language}")));
            }
        }
        let companies =
            self.context("allowed_company_ids").and_then(|ids| ids.ids().ok()).unwrap_or_default();
        if companies.iter().any(|id| !self.exists("res.company", *id)) {
            return Err(Problem::access("Access to unauthorized or invalid companies."));
        }
        Ok(())
    }

    /// A dict gives an id, a list gives a list (rule 16).
    fn create_many(&mut self, model: &str, ask: &Ask) -> Result<Value, Problem> {
        match ask.get("vals_list") {
            Some(Value::Map(values)) => self.create(model, values).map(Value::Int),
            Some(Value::List(all)) => {
                let mut ids = Vec::with_capacity(all.len());
                for values in all {
                    let Value::Map(values) = values else {
                        return Err(Problem::attribute("'str' object has no attribute 'items'"));
                    };
                    ids.push(self.create(model, values)?);
                }
                Ok(ids.into())
            }
            _ => Err(Problem::attribute("'str' object has no attribute 'items'")),
        }
    }

    fn name_search(&self, ask: &Ask) -> Result<Value, Problem> {
        let model = self.model(&ask.model)?;
        let domain = ask.get("domain").cloned().unwrap_or(Value::Bool(false));
        let text = ask.get("name").and_then(|name| name.text_or_none().ok().flatten()).unwrap_or_default();
        let operator =
            ask.get("operator").and_then(|word| word.text_or_none().ok().flatten()).unwrap_or("ilike");
        let ids = self.search(&model, &domain, &Page::default())?;
        let named = ids.into_iter().map(|id| (id, self.display_name(&ask.model, id)));
        let fitting = named.filter(|(_, name)| super::domain::like(name, operator, text));
        let pairs = fitting.take(ask.number("limit").unwrap_or(100));
        Ok(Value::List(pairs.map(|(id, name)| Value::List(vec![Value::Int(id), name.into()])).collect()))
    }

    fn context_get(&self) -> Value {
        let of = |field| self.get("res.users", self.uid, field);
        Value::Map(vec![
            ("lang".to_owned(), of("lang")),
            ("tz".to_owned(), of("tz")),
            ("uid".to_owned(), Value::Int(self.uid)),
        ])
    }

    /// Readable without a right on `ir.model.data` (rule 30).
    fn external_ids(&self, ask: &Ask) -> Result<Answer, Problem> {
        self.allowed(&ask.model, Operation::Read)?;
        let name = |id: &i64| self.store.names(&ask.model, *id).next().cloned().unwrap_or_default();
        Ok(Answer::ByNumber(ask.ids.iter().map(|id| (id.to_string(), name(id).into())).collect()))
    }

    fn access(&self, ask: &Ask) -> Result<Answer, Problem> {
        let word =
            ask.get("operation").and_then(|word| word.text_or_none().ok().flatten()).unwrap_or_default();
        let Some(operation) = Operation::of(word) else {
            return Err(Problem::value(format!("Invalid access mode '{word}'")));
        };
        let may = self.may(&ask.model, operation);
        let raises = ask.get("raise_exception").is_none_or(truth) && ask.method != "has_access";
        if !may && raises {
            self.allowed(&ask.model, operation)?;
        }
        Ok(if ask.method == "check_access" { Answer::Nothing } else { Answer::Value(may.into()) })
    }
}

/// Whether many2ones are told without their names (rule 9).
fn bare(ask: &Ask) -> bool {
    ask.given.iter().any(|(name, value)| name == "load" && *value != Value::from("_classic_read"))
}

fn rows(data: Option<&Value>) -> Vec<Vec<Value>> {
    let Some(Value::List(rows)) = data else { return Vec::new() };
    rows.iter().map(|row| if let Value::List(cells) = row { cells.clone() } else { Vec::new() }).collect()
}
