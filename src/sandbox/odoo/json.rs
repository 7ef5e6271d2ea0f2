//! Values as JSON and back.

use serde_json::{Map as Object, Number, Value as Json};

use super::problem::Problem;
use crate::integrations::odoo::Value;

/// From JSON. Numbers without a decimal point are whole, as in Python.
pub(super) fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(flag) => Value::Bool(*flag),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::Int(whole),
            None => Value::Float(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(items) => Value::List(items.iter().map(value).collect()),
        Json::Object(entries) => {
            Value::Map(entries.iter().map(|(name, item)| (name.clone(), value(item))).collect())
        }
    }
}

/// To JSON.
pub(super) fn json(value: &Value) -> Json {
    match value {
        Value::Nil => Json::Null,
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Int(number) => Json::Number((*number).into()),
        Value::Float(number) => Number::from_f64(*number).map_or(Json::Null, Json::Number),
        Value::Text(text) => Json::String(text.clone()),
        Value::List(items) => Json::Array(items.iter().map(json).collect()),
        Value::Map(entries) => {
            Json::Object(entries.iter().map(|(name, item)| (name.clone(), json(item))).collect())
        }
    }
}

/// What JSON-RPC and JSON-2 tell of an exception.
pub(super) fn problem(problem: &Problem, frames: &[&str]) -> Json {
    let mut arguments = vec![Json::String(problem.message.clone())];
    arguments.extend(problem.argument().map(Json::from));
    Json::Object(Object::from_iter([
        ("name".to_owned(), problem.class.into()),
        ("message".to_owned(), problem.message.clone().into()),
        ("arguments".to_owned(), Json::Array(arguments)),
        ("context".to_owned(), Json::Object(Object::new())),
        ("debug".to_owned(), problem.traceback(frames).into()),
    ]))
}
