//! Every recorded request, byte for byte and in order, is answered by the sandbox as it was by the real server.

use cabina::integrations::odoo::{Fault, Value, json2, jsonrpc, xmlrpc};
use cabina::sandbox::odoo::{ErrorKind, Switches};

use super::lab::Lab;
use crate::odoo::recordings::{Exchange, Meaning, exchanges, meanings};

/// An answer, as far as it means something: no moments, no tracebacks.
#[derive(Debug, PartialEq)]
struct Told {
    status: u16,
    kind: String,
    read: Result<Value, (String, String, Option<String>)>,
    code: Option<String>,
    json: Option<serde_json::Value>,
    page: Option<String>,
}

fn told(exchange: &Exchange, status: u16, kind: &str, body: &[u8]) -> Told {
    let text = String::from_utf8_lossy(body).into_owned();
    let read: Result<Value, Fault> = match exchange.transport.as_str() {
        "xmlrpc" => xmlrpc::read(status, body),
        "jsonrpc" => jsonrpc::read(status, body),
        _ => json2::read(status, body),
    };
    let keeps_moments = (228..=232).contains(&exchange.number());
    let plain = |value| plain(value, keeps_moments);
    let json = (exchange.transport != "xmlrpc").then(|| serde_json::from_slice(body).ok()).flatten();
    let page = text.to_lowercase().starts_with("<!doctype").then(|| text.split_whitespace().collect());
    let code = text
        .split("<name>faultCode</name>")
        .nth(1)
        .map(|rest| rest.split("</value>").next().unwrap_or("").to_owned());
    Told {
        status,
        kind: kind.to_owned(),
        read: read
            .map(plain)
            .map_err(|fault| (format!("{:?}", fault.class), place_free(&fault.message), fault.exception)),
        code,
        json: json.map(|json| plain_json(json, keeps_moments)),
        page,
    }
}

/// Where in a broken text its parser stopped is its own affair.
fn place_free(message: &str) -> String {
    let cut = message.split(": line ").next().unwrap_or(message);
    cut.to_owned()
}

fn is_moment(text: &str) -> bool {
    chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").is_ok()
}

/// Names in one order, and no moments unless they are what it is about.
fn plain(value: Value, keep: bool) -> Value {
    match value {
        Value::Text(text) if is_moment(&text) && !keep => "a moment".into(),
        Value::List(items) => Value::List(items.into_iter().map(|item| plain(item, keep)).collect()),
        Value::Map(mut entries) => {
            entries.sort_by(|(one, _), (other, _)| one.cmp(other));
            Value::Map(entries.into_iter().map(|(name, value)| (name, plain(value, keep))).collect())
        }
        other => other,
    }
}

/// The same, without tracebacks.
fn plain_json(json: serde_json::Value, keep: bool) -> serde_json::Value {
    use serde_json::Value as Json;
    match json {
        Json::String(text) if is_moment(&text) && !keep => "a moment".into(),
        Json::String(text) => place_free(&text).into(),
        Json::Array(items) => items.into_iter().map(|item| plain_json(item, keep)).collect(),
        Json::Object(entries) => entries
            .into_iter()
            .filter(|(name, _)| name != "debug")
            .map(|(name, value)| (name, plain_json(value, keep)))
            .collect(),
        other => other,
    }
}

/// The ids that the recorded answer of a create or a load gave out, so that the sandbox gives out the same.
fn prepare_ids(lab: &Lab, exchange: &Exchange, meaning: &Meaning) {
    let model = meaning.model.as_str();
    let ids = match (meaning.call.as_str(), exchange.read()) {
        ("create" | "create_all", Ok(Value::Int(id))) => vec![id],
        ("create" | "create_all", Ok(ids)) => ids.ids().unwrap_or_default(),
        ("load", Ok(Value::Map(outcome))) => {
            let ids = outcome.iter().find(|(name, _)| name == "ids").and_then(|(_, ids)| ids.ids().ok());
            let known: Vec<i64> =
                lab.odoo.records(model).iter().filter_map(|record| record.id().ok()).collect();
            ids.unwrap_or_default().into_iter().filter(|id| !known.contains(id)).collect()
        }
        _ => Vec::new(),
    };
    // A request that our client would not make has no meaning in its words.
    let unspoken = if exchange.number() == 42 { Some(("res.partner", 16)) } else { None };
    if let Some((model, first)) = ids.iter().min().map(|first| (model, *first)).or(unspoken) {
        lab.odoo.set_next_id(model, first);
    }
}

#[tokio::test]
async fn every_recorded_exchange_is_answered_as_it_was() {
    let lab = Lab::start().await;
    lab.as_recorded();
    let http = reqwest::Client::builder().build().expect("a client");
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for (exchange, meaning) in exchanges().iter().zip(meanings()) {
        let number = exchange.number();
        lab.before(number);
        prepare_ids(&lab, exchange, &meaning);
        let error_share = if (224..=227).contains(&number) { 1.0 } else { 0.0 };
        let error_kinds = vec![ErrorKind::Conflict];
        lab.odoo.set(Switches { error_share, error_kinds, ..Switches::default() });
        let verb = exchange.method.parse().expect("a method");
        let mut request = http.request(verb, format!("{}{}", lab.url, exchange.path));
        for (name, value) in &exchange.request_headers {
            request = request.header(name, value);
        }
        let response = request.body(exchange.request().unwrap_or_default()).send().await.expect("an answer");
        let status = response.status().as_u16();
        let kind = response.headers()["content-type"].to_str().expect("text").to_owned();
        let body = response.bytes().await.expect("whole");
        let ours = told(exchange, status, &kind, &body);
        let kind = &exchange.response_headers["Content-Type"];
        let theirs = told(exchange, exchange.status, kind, &exchange.response());
        compared += 1;
        if ours != theirs {
            wrong.push(format!("{}\n  ours   {ours:?}\n  theirs {theirs:?}", exchange.n));
        }
    }
    assert!(wrong.is_empty(), "{} of {compared}:\n{}", wrong.len(), wrong.join("\n"));
    // All of them, without an exception.
    assert_eq!(compared, 244);
}
