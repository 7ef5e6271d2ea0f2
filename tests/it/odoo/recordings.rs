//! The recordings: what was sent and answered, and what it means in words of the client.

use std::path::{Path, PathBuf};

use cabina::integrations::odoo::wire::{Outgoing, Session};
use cabina::integrations::odoo::{
    Acted, Answer, Call, Domain, Fault, Fields, Loaded, Map, Record, Stored, Value, json2, jsonrpc, xmlrpc,
};
use serde::Deserialize;

/// One exchange of `index.json`.
#[derive(Debug, Deserialize)]
pub struct Exchange {
    pub n: String,
    pub transport: String,
    pub method: String,
    pub path: String,
    pub request_headers: std::collections::BTreeMap<String, String>,
    pub status: u16,
    pub response_headers: std::collections::BTreeMap<String, String>,
}

/// One line of `meanings.json`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Meaning {
    pub exchange: String,
    pub call: String,
    pub model: String,
    pub method: String,
    pub ids: Option<Vec<i64>>,
    pub domain: Vec<Value>,
    pub fields: Vec<String>,
    pub values: Value,
    pub rows: Vec<Value>,
    pub data: Vec<Vec<String>>,
    pub body: String,
    pub leading: Value,
    pub bare: bool,
    pub options: Value,
    pub context: Value,
    pub id: i64,
    pub uid: i64,
    pub database: String,
    pub login: String,
    pub secret: Option<String>,
    pub answer: Option<Value>,
}

impl Default for Meaning {
    fn default() -> Self {
        let none = || Value::Map(Vec::new());
        Meaning {
            exchange: String::new(),
            call: String::new(),
            model: String::new(),
            method: String::new(),
            ids: None,
            domain: Vec::new(),
            fields: Vec::new(),
            values: none(),
            rows: Vec::new(),
            data: Vec::new(),
            body: String::new(),
            leading: none(),
            bare: false,
            options: none(),
            context: none(),
            id: 0,
            uid: 2,
            database: "cabina".into(),
            login: String::new(),
            secret: None,
            answer: None,
        }
    }
}

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/odoo-wire")
}

fn load<T: for<'de> Deserialize<'de>>(file: &str) -> T {
    let text = std::fs::read(folder().join(file)).expect("readable");
    serde_json::from_slice(&text).expect("as described")
}

/// All exchanges.
pub fn exchanges() -> Vec<Exchange> {
    load("index.json")
}

/// The exchange of a number.
pub fn exchange(number: u16) -> Exchange {
    let found = exchanges().into_iter().find(|exchange| exchange.number() == number);
    found.expect("such an exchange")
}

/// The meanings of all exchanges, in their order.
pub fn meanings() -> Vec<Meaning> {
    load("meanings.json")
}

impl Exchange {
    pub fn number(&self) -> u16 {
        self.n[..3].parse().expect("a number")
    }

    fn file(&self, side: &str) -> Option<Vec<u8>> {
        ["xml", "json", "html"]
            .iter()
            .find_map(|kind| std::fs::read(folder().join(format!("{}.{side}.{kind}", self.n))).ok())
    }

    pub fn request(&self) -> Option<Vec<u8>> {
        self.file("request")
    }

    pub fn response(&self) -> Vec<u8> {
        self.file("response").expect("each has a response")
    }

    /// Reads the response with the decoder of its language.
    pub fn read(&self) -> Result<Value, Fault> {
        let body = self.response();
        match self.transport.as_str() {
            "xmlrpc" => xmlrpc::read(self.status, &body),
            "jsonrpc" => jsonrpc::read(self.status, &body),
            _ => json2::read(self.status, &body),
        }
    }

    /// The same, as the answer of a call.
    pub fn answer<T: Answer>(&self) -> Result<T, Fault> {
        T::of(self.read())
    }
}

pub fn map(value: &Value) -> Map {
    if let Value::Map(map) = value { map.clone() } else { panic!("{value:?} is a map") }
}

impl Meaning {
    /// The call, without the type of its answer.
    pub fn call<R>(&self, then: impl Fn(&dyn Encode) -> R) -> R {
        let fields: Vec<&str> = self.fields.iter().map(String::as_str).collect();
        let domain = Domain::raw(self.domain.clone());
        let ids = self.ids.clone().unwrap_or_default();
        let model = self.model.as_str();
        match self.call.as_str() {
            "search" if self.ids.is_some() => then(&self.with(Call::search(model, domain).on(&ids))),
            "search" => then(&self.with(Call::search(model, domain))),
            "search_count" => then(&self.with(Call::search_count(model, domain))),
            "search_read" => then(&self.with(Call::search_read(model, domain, &fields))),
            "read" => then(&self.with(Call::read(model, &ids, &fields))),
            "create" => then(&self.with(Call::create(model, map(&self.values)))),
            "create_all" => then(&self.with(Call::create_all(model, self.rows.iter().map(map).collect()))),
            "write" => then(&self.with(Call::write(model, &ids, map(&self.values)))),
            "unlink" => then(&self.with(Call::unlink(model, &ids))),
            "load" => then(&self.with(Call::load(model, &fields, &self.data))),
            "fields_get" => then(&self.with(Call::fields_get(model, &fields))),
            "message_post" => then(&self.with(Call::message_post(model, ids[0], &self.body))),
            "act" => then(&self.with(Call::act(model, &self.method, &ids))),
            "other" => {
                let mut call = Call::<Value>::of(model, &self.method);
                if let Some(ids) = &self.ids {
                    call = call.on(ids);
                }
                for (name, value) in map(&self.leading) {
                    call = call.leading(Box::leak(name.into_boxed_str()), value);
                }
                then(&self.with(call))
            }
            other => panic!("{}: no call {other}", self.exchange),
        }
    }

    fn with<T>(&self, mut call: Call<T>) -> Call<T> {
        for (name, value) in map(&self.options) {
            call = call.option(&name, value);
        }
        for (name, value) in map(&self.context) {
            call = call.context(&name, value);
        }
        if self.bare { call.bare() } else { call }
    }

    /// Whether the recorded answer reads as the type of the call.
    pub fn answers(&self, exchange: &Exchange) -> Result<(), Fault> {
        match self.call.as_str() {
            "search" | "create_all" => exchange.answer::<Vec<i64>>().map(drop),
            "search_count" | "create" | "message_post" => exchange.answer::<i64>().map(drop),
            "search_read" | "read" => exchange.answer::<Vec<Record>>().map(drop),
            "write" | "unlink" => exchange.answer::<Stored>().map(drop),
            "load" => exchange.answer::<Loaded>().map(drop),
            "fields_get" => exchange.answer::<Fields>().map(drop),
            "act" => exchange.answer::<Acted>().map(drop),
            _ => exchange.answer::<Value>().map(drop),
        }
    }
}

/// A call of any answer, as each language writes it.
pub trait Encode {
    fn xml(&self, session: &Session) -> Outgoing;
    fn json(&self, id: i64, session: &Session) -> Outgoing;
    fn json2(&self, database: &str, key: &str) -> Outgoing;
}

impl<T> Encode for Call<T> {
    fn xml(&self, session: &Session) -> Outgoing {
        xmlrpc::call(session, self)
    }
    fn json(&self, id: i64, session: &Session) -> Outgoing {
        jsonrpc::call(id, session, self)
    }
    fn json2(&self, database: &str, key: &str) -> Outgoing {
        json2::call(database, &key.into(), self)
    }
}
