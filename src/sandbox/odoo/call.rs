//! A call on a model, as all three languages make it: which methods there are, and which parameters they take.

use super::problem::Problem;
use super::tx::part;
use crate::integrations::odoo::{Map, Value};

/// A call, with its parameters by name.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub model: String,
    pub method: String,
    pub ids: Vec<i64>,
    pub given: Map,
    pub context: Map,
}

/// What a method answers.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    Value(Value),
    /// Python's `None`, which XML-RPC can't say and JSON-RPC leaves out (rule 20).
    Nothing,
    /// A dictionary whose keys are numbers, which XML-RPC can't say either (rule 30).
    ByNumber(Map),
}

/// How a method is called.
pub(super) struct Signature {
    /// Whether it is a method of records; else of the model.
    pub records: bool,
    /// Its parameters in order; those that must be given begin with a `!`.
    params: &'static [&'static str],
    /// Whether it takes any other parameter by name.
    open: bool,
}

const fn of_model(params: &'static [&'static str]) -> Signature {
    Signature { records: false, params, open: false }
}
const fn of_records(params: &'static [&'static str]) -> Signature {
    Signature { records: true, params, open: false }
}

/// The signature of a method that the model has.
pub(super) fn signature(model: &str, method: &str) -> Option<Signature> {
    Some(match (model, method) {
        (_, "search") => of_model(&["!domain", "offset", "limit", "order"]),
        (_, "search_count") => of_model(&["!domain", "limit"]),
        (_, "search_read") => {
            Signature { open: true, ..of_model(&["domain", "fields", "offset", "limit", "order"]) }
        }
        (_, "create") => of_model(&["!vals_list"]),
        (_, "load") => of_model(&["!fields", "!data"]),
        (_, "fields_get") => of_model(&["allfields", "attributes"]),
        (_, "name_search") => of_model(&["name", "domain", "operator", "limit"]),
        (_, "default_get") => of_model(&["!fields"]),
        ("res.users", "context_get") => of_model(&[]),
        (_, "check_access_rights") => of_model(&["!operation", "raise_exception"]),
        (_, "has_access" | "check_access") => of_records(&["!operation"]),
        (_, "read") => of_records(&["fields", "load"]),
        (_, "write") => of_records(&["!vals"]),
        (_, "unlink" | "get_external_id" | "exists" | "action_archive" | "action_unarchive") => {
            of_records(&[])
        }
        (_, "export_data") => of_records(&["!fields_to_export"]),
        (
            "res.partner" | "crm.lead" | "sale.order" | "account.move" | "account.payment" | "project.task"
            | "stock.picking",
            "message_post",
        )
        | ("crm.lead", "action_set_lost") => Signature { open: true, ..of_records(&[]) },
        ("crm.lead", "action_set_won" | "action_set_won_rainbowman")
        | ("sale.order", "action_confirm" | "action_cancel" | "action_draft")
        | ("sale.advance.payment.inv", "create_invoices")
        | ("account.move", "action_post" | "button_draft" | "button_cancel")
        | ("account.payment", "action_post" | "action_draft" | "action_cancel")
        | ("account.payment.register", "action_create_payments") => of_records(&[]),
        _ => return None,
    })
}

impl Signature {
    fn names(&self) -> impl Iterator<Item = (&'static str, bool)> {
        self.params.iter().map(|name| name.strip_prefix('!').map_or((*name, false), |name| (name, true)))
    }

    /// What is wrong with parameters by name, in Python's words.
    fn refusal(&self, given: &Map) -> Option<String> {
        if let Some((name, _)) =
            self.names().find(|(name, required)| *required && part(given, name).is_none())
        {
            return Some(format!("missing a required argument: '{name}'"));
        }
        let known = |name: &str| self.open || self.names().any(|(known, _)| known == name);
        let (name, _) = given.iter().find(|(name, _)| !known(name))?;
        Some(format!("got an unexpected keyword argument '{name}'"))
    }
}

fn context_of(given: &mut Map) -> Map {
    let at = given.iter().position(|(name, _)| name == "context");
    match at.map(|at| given.remove(at)) {
        Some((_, Value::Map(context))) => context,
        _ => Map::new(),
    }
}

impl Ask {
    /// From parameters by position and by name, as XML-RPC and JSON-RPC give them.
    pub fn positional(model: &str, method: &str, args: Vec<Value>, mut given: Map) -> Result<Ask, Problem> {
        let Some(signature) = known(model, method)? else {
            return Err(Problem::attribute(format!("The method '{model}.{method}' does not exist")));
        };
        let context = context_of(&mut given);
        let mut args = args.into_iter();
        let ids = if signature.records { ids(args.next()) } else { Vec::new() };
        let mut named: Map = signature.names().map(|(name, _)| name.to_owned()).zip(args.by_ref()).collect();
        if args.next().is_some() {
            return Err(Problem::python_type(format!("{method}() takes fewer positional arguments")));
        }
        named.append(&mut given);
        if let Some(refusal) = signature.refusal(&named) {
            return Err(Problem::python_type(refusal));
        }
        Ok(Ask { model: model.to_owned(), method: method.to_owned(), ids, given: named, context })
    }

    /// From parameters by name, as JSON-2 gives them.
    pub fn named(model: &str, method: &str, mut given: Map) -> Result<Ask, Problem> {
        let Some(signature) = known(model, method)? else {
            return Err(Problem::not_found(format!("The method '{model}.{method}' does not exist")));
        };
        let context = context_of(&mut given);
        let told = given.iter().position(|(name, _)| name == "ids").map(|at| given.remove(at).1);
        if told.is_some() && !signature.records {
            return Err(Problem::unprocessable(format!("cannot call {model}.{method} with ids")));
        }
        if let Some(refusal) = signature.refusal(&given) {
            return Err(Problem::unprocessable(refusal));
        }
        Ok(Ask { model: model.to_owned(), method: method.to_owned(), ids: ids(told), given, context })
    }

    /// A parameter.
    pub fn get(&self, name: &str) -> Option<&Value> {
        part(&self.given, name).filter(|value| **value != Value::Nil)
    }

    /// A list of texts.
    pub fn texts(&self, name: &str) -> Vec<String> {
        let Some(Value::List(items)) = self.get(name) else { return Vec::new() };
        items.iter().filter_map(|item| item.text_or_none().ok().flatten()).map(str::to_owned).collect()
    }

    /// A number that is not negative.
    pub fn number(&self, name: &str) -> Option<usize> {
        self.get(name).and_then(|value| usize::try_from(value.int().ok()?).ok())
    }

    /// The call's name, such as `res.partner.load`.
    pub fn name(&self) -> String {
        format!("{}.{}", self.model, self.method)
    }
}

/// One id or many.
fn ids(value: Option<Value>) -> Vec<i64> {
    match value {
        Some(Value::Int(id)) => vec![id],
        Some(value) => value.ids().unwrap_or_default(),
        None => Vec::new(),
    }
}

fn known(model: &str, method: &str) -> Result<Option<Signature>, Problem> {
    if method.starts_with('_') {
        let text = format!("Private methods (such as '{model}.{method}') cannot be called remotely.");
        return Err(Problem::access(text));
    }
    Ok(signature(model, method))
}
