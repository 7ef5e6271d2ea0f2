//! Which records fit: conditions in Odoo's prefix notation, and whether one holds for a record.

use super::problem::Problem;
use super::python::{repr, truth};
use super::schema::{Field, Kind, Model};
use super::store::Row;
use super::tx::Tx;
use crate::integrations::odoo::Value;

/// Conditions, read and known to name fields that exist.
#[derive(Clone, Debug)]
pub(super) enum Domain {
    And(Vec<Domain>),
    Or(Vec<Domain>),
    Not(Box<Domain>),
    Is(Condition),
    Always(bool),
}

/// One condition.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub path: Vec<String>,
    pub operator: String,
    pub value: Value,
}

const OPERATORS: &[&str] = &[
    "=",
    "!=",
    "<>",
    ">",
    ">=",
    "<",
    "<=",
    "in",
    "not in",
    "like",
    "not like",
    "ilike",
    "not ilike",
    "=like",
    "=ilike",
    "=?",
    "child_of",
];

impl Tx<'_> {
    /// Reads conditions on a model.
    pub fn domain(&self, model: &Model, conditions: &Value) -> Result<Domain, Problem> {
        let items = match conditions {
            Value::List(items) => items.as_slice(),
            other if !truth(other) => &[],
            other => return Err(Problem::value(format!("Domain() invalid item in domain: {}", repr(other)))),
        };
        let mut all = Vec::new();
        let mut rest = items;
        while !rest.is_empty() {
            all.push(self.next(model, &mut rest, items)?);
        }
        Ok(Domain::And(all))
    }

    fn next(&self, model: &Model, rest: &mut &[Value], whole: &[Value]) -> Result<Domain, Problem> {
        let Some((item, more)) = rest.split_first() else {
            let whole = repr(&Value::List(whole.to_vec()));
            return Err(Problem::value(format!("Domain {whole} is malformed: too few terms")));
        };
        *rest = more;
        match item {
            Value::Text(word) if word == "!" => Ok(Domain::Not(Box::new(self.next(model, rest, whole)?))),
            Value::Text(word) if word == "&" || word == "|" => {
                let both = vec![self.next(model, rest, whole)?, self.next(model, rest, whole)?];
                Ok(if word == "&" { Domain::And(both) } else { Domain::Or(both) })
            }
            Value::List(parts) => match parts.as_slice() {
                [Value::Int(one), Value::Text(_), Value::Int(other)] => Ok(Domain::Always(one == other)),
                [Value::Text(path), Value::Text(operator), value] => {
                    self.condition(model, path, operator, value)
                }
                _ => Err(Problem::value(format!("Domain() invalid item in domain: {}", repr(item)))),
            },
            _ => Err(Problem::value(format!("Domain() invalid item in domain: {}", repr(item)))),
        }
    }

    fn condition(&self, model: &Model, path: &str, operator: &str, value: &Value) -> Result<Domain, Problem> {
        let written = || format!("('{path}', '{operator}', {})", repr(value));
        if !OPERATORS.contains(&operator) {
            return Err(Problem::value(format!("Invalid operator in condition {}", written())));
        }
        let steps: Vec<String> = path.split('.').map(str::to_owned).collect();
        let mut at = self.model(&model.name)?;
        for (place, step) in steps.iter().enumerate() {
            let found = self.field(&at, step).filter(|field| !field.secret);
            let Some(field) = found else {
                let text = format!("Invalid field {}.{step} in condition {}", at.name, written());
                return Err(Problem::value(text));
            };
            if place + 1 < steps.len() {
                let Some(relation) = field.relation() else {
                    let text = format!("Invalid field {}.{step} in condition {}", at.name, written());
                    return Err(Problem::value(text));
                };
                let relation = relation.to_owned();
                at = self.model(&relation)?;
            }
        }
        let list = matches!(value, Value::List(_));
        let operator = match operator {
            "=" if list => "in",
            "!=" | "<>" if list => "not in",
            "<>" => "!=",
            "in" if !list => "=",
            "not in" if !list => "!=",
            other => other,
        };
        Ok(Domain::Is(Condition { path: steps, operator: operator.to_owned(), value: value.clone() }))
    }

    /// Whether a record fits.
    pub fn fits(&self, model: &Model, id: i64, row: &Row, domain: &Domain) -> bool {
        match domain {
            Domain::And(all) => all.iter().all(|part| self.fits(model, id, row, part)),
            Domain::Or(any) => any.iter().any(|part| self.fits(model, id, row, part)),
            Domain::Not(part) => !self.fits(model, id, row, part),
            Domain::Is(condition) => self.holds(model, id, row, &condition.path, condition),
            Domain::Always(always) => *always,
        }
    }

    fn holds(&self, model: &Model, id: i64, row: &Row, path: &[String], is: &Condition) -> bool {
        let Some((step, rest)) = path.split_first() else { return false };
        let Some(field) = model.field(step) else { return false };
        let value = self.raw(model, id, row, field);
        if rest.is_empty() {
            return self.compare(model, field, &value, is);
        }
        let Some(other) = field.relation().and_then(|name| self.store.model(name)) else { return false };
        leads_to(&value).into_iter().any(|id| {
            let row = self.store.row(&other.name, id);
            row.is_some_and(|row| self.holds(other, id, row, rest, is))
        })
    }

    fn compare(&self, of: &Model, field: &Field, value: &Value, is: &Condition) -> bool {
        let relation = field.relation();
        match (relation, is.operator.as_str()) {
            (_, "=?") if !truth(&is.value) => true,
            (_, "child_of") => {
                let model = relation.unwrap_or(&of.name);
                leads_to(value).iter().any(|id| self.descends(model, *id, &leads_to(&is.value)))
            }
            (Some(model), operator) => self.compare_links(model, &leads_to(value), operator, &is.value),
            (None, operator) => compare_plain(field, value, operator, &is.value),
        }
    }

    /// Links to others: by their ids, or by text with their names.
    fn compare_links(&self, model: &str, ids: &[i64], operator: &str, with: &Value) -> bool {
        let positive = !(operator == "!=" || operator.starts_with("not "));
        let operator = operator.trim_start_matches("not ").replace("!=", "=");
        let one = |with: &Value| match with {
            Value::Int(id) => ids.contains(id),
            Value::Text(text) => ids.iter().any(|id| like(&self.display_name(model, *id), &operator, text)),
            null => !truth(null) && ids.is_empty(),
        };
        let some = match with {
            Value::List(items) => items.iter().any(one),
            other if operator.len() <= 2 && operator.contains(['<', '>']) => {
                let Value::Int(other) = other else { return false };
                return ids.iter().any(|id| by_order(&operator, id.cmp(other)));
            }
            other => one(other),
        };
        some == positive
    }

    /// Whether a record is one of these, or below one by `parent_id`.
    fn descends(&self, model: &str, id: i64, from: &[i64]) -> bool {
        let mut at = Some(id);
        for _ in 0..64 {
            match at {
                Some(id) if from.contains(&id) => return true,
                Some(id) => at = self.link(model, id, "parent_id"),
                None => return false,
            }
        }
        false
    }
}

/// The ids that a value of a relation holds.
fn leads_to(value: &Value) -> Vec<i64> {
    match value {
        Value::Int(id) => vec![*id],
        Value::List(_) => value.ids().unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn by_order(operator: &str, order: std::cmp::Ordering) -> bool {
    match operator {
        ">" => order.is_gt(),
        ">=" => order.is_ge(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        _ => order.is_eq(),
    }
}

fn compare_plain(field: &Field, value: &Value, operator: &str, with: &Value) -> bool {
    match (operator, with) {
        ("in", Value::List(items)) => items.iter().any(|item| equal(field, value, item)),
        ("not in", Value::List(items)) => !items.iter().any(|item| equal(field, value, item)),
        ("=", _) => equal(field, value, with),
        ("!=", _) => !equal(field, value, with),
        (">" | ">=" | "<" | "<=", _) => {
            order(field, value, with).is_some_and(|order| by_order(operator, order))
        }
        (_, Value::Text(text)) => {
            let (positive, operator) = match operator.strip_prefix("not ") {
                Some(operator) => (false, operator),
                None => (true, operator),
            };
            let found = match value {
                Value::Text(value) => like(value, operator, text),
                Value::Int(number) => like(&number.to_string(), operator, text),
                _ => false,
            };
            found == positive
        }
        _ => false,
    }
}

/// An empty text and null are the same in a search.
fn equal(field: &Field, value: &Value, with: &Value) -> bool {
    match (&field.kind, value) {
        (Kind::Boolean, value) => truth(value) == truth(with),
        (_, Value::Int(_) | Value::Float(_)) if !truth(with) => !truth(value),
        (_, Value::Int(_) | Value::Float(_)) => {
            order(field, value, with).is_some_and(std::cmp::Ordering::is_eq)
        }
        _ if !truth(with) => !truth(value),
        (_, value) => order(field, value, with).is_some_and(std::cmp::Ordering::is_eq),
    }
}

/// Moments are compared by whole seconds, though kept finer (rule 35).
fn order(field: &Field, value: &Value, with: &Value) -> Option<std::cmp::Ordering> {
    match (value, with) {
        (Value::Text(value), Value::Text(with)) => {
            let seconds = if field.kind == Kind::Datetime { value.get(..19).unwrap_or(value) } else { value };
            Some(seconds.cmp(with))
        }
        (Value::Int(_) | Value::Float(_), _) => {
            let with = match with {
                Value::Text(text) => text.trim().parse().ok()?,
                Value::Bool(flag) => f64::from(u8::from(*flag)),
                other => other.float().ok()?,
            };
            value.float().ok()?.partial_cmp(&with)
        }
        _ => None,
    }
}

/// The patterns of SQL; `like` and `ilike` look anywhere.
pub(super) fn like(text: &str, operator: &str, pattern: &str) -> bool {
    let (text, pattern) = match operator {
        "ilike" | "=ilike" => (text.to_lowercase(), pattern.to_lowercase()),
        _ => (text.to_owned(), pattern.to_owned()),
    };
    match operator {
        "=" | "in" => text == pattern,
        "like" | "ilike" if !pattern.contains(['%', '_', '\\']) => text.contains(&pattern),
        "like" | "ilike" => matches(&text, &format!("%{pattern}%")),
        _ => matches(&text, &pattern),
    }
}

/// Walks both at once; at a `%` it remembers where to begin anew.
fn matches(text: &str, pattern: &str) -> bool {
    let (text, pattern): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
    let (mut t, mut p, mut anew) = (0, 0, None);
    while t < text.len() {
        let escaped = pattern.get(p) == Some(&'\\') && p + 1 < pattern.len();
        let wanted = pattern.get(p + usize::from(escaped));
        if !escaped && wanted == Some(&'%') {
            anew = Some((t, p));
            p += 1;
        } else if wanted == Some(&text[t]) || (!escaped && wanted == Some(&'_')) {
            t += 1;
            p += 1 + usize::from(escaped);
        } else if let Some((from, star)) = anew {
            anew = Some((from + 1, star));
            (t, p) = (from + 1, star + 1);
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '%')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_those_of_sql() {
        for (text, operator, pattern, fits) in [
            ("Acme Uno", "like", "Uno", true),
            ("Acme Uno", "like", "uno", false),
            ("Acme Uno", "ilike", "uno", true),
            ("Acme Uno", "ilike", "a%o", true),
            ("Acme Uno", "=like", "Acme%", true),
            ("Acme Uno", "=like", "Uno%", false),
            ("Acme Uno", "=ilike", "acme un_", true),
            ("100% puro", "like", "0\\% p", true),
            ("1000 puro", "like", "0\\% p", false),
            ("aab", "=like", "%ab", true),
            ("", "=like", "%", true),
        ] {
            assert_eq!(like(text, operator, pattern), fits, "{text} {operator} {pattern}");
        }
    }
}
