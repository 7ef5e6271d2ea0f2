//! XML-RPC: `POST /xmlrpc/2/common` and `/xmlrpc/2/object` (rule 1). Always HTTP 200; faults lose the class of their exception
//! (rule 34).
//!
//! Answers are read by one walk over the events of the XML: no entity but the five of XML is opened, and depth and number of
//! values are limited, so that a hostile answer costs little more than its length.

use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::Event;
use secrecy::{ExposeSecret, SecretString};

use super::answer::part;
use super::call::Call;
use super::classify;
use super::fault::Fault;
use super::value::{MOST_VALUES, Map, Value};
use super::wire::{Outgoing, Session};

/// Asks for the server's version; needs no login.
pub fn version() -> Outgoing {
    request("common", "version", &[])
}

/// Asks for the user's id, which is `false` when the login is refused (rule 4).
pub fn authenticate(database: &str, login: &str, secret: &SecretString) -> Outgoing {
    let secret = secret.expose_secret().into();
    request("common", "authenticate", &[database.into(), login.into(), secret, Value::Map(Vec::new())])
}

/// A call on a model.
pub fn call<T>(session: &Session, call: &Call<T>) -> Outgoing {
    let mut params = vec![
        session.database.as_str().into(),
        session.uid.into(),
        session.secret.expose_secret().into(),
        call.model.as_str().into(),
        call.method.as_str().into(),
        call.positional(),
    ];
    let options = call.options("".into());
    if !options.is_empty() {
        params.push(Value::Map(options));
    }
    request("object", "execute_kw", &params)
}

fn request(service: &str, method: &str, params: &[Value]) -> Outgoing {
    let mut body =
        format!("<?xml version='1.0'?>\n<methodCall>\n<methodName>{method}</methodName>\n<params>\n");
    for param in params {
        body.push_str("<param>\n");
        write(param, &mut body);
        body.push_str("</param>\n");
    }
    body.push_str("</params>\n</methodCall>\n");
    Outgoing::post(format!("/xmlrpc/2/{service}"), "text/xml", body.into_bytes())
}

fn write(value: &Value, to: &mut String) {
    to.push_str("<value>");
    match value {
        Value::Nil => to.push_str("<nil/>"),
        Value::Bool(flag) => to.push_str(if *flag { "<boolean>1</boolean>" } else { "<boolean>0</boolean>" }),
        Value::Int(number) => to.push_str(&format!("<int>{number}</int>")),
        Value::Float(number) => to.push_str(&format!("<double>{number:?}</double>")),
        Value::Text(text) => {
            to.push_str("<string>");
            escape(text, to);
            to.push_str("</string>");
        }
        Value::List(items) => {
            to.push_str("<array><data>\n");
            items.iter().for_each(|item| write(item, to));
            to.push_str("</data></array>");
        }
        Value::Map(map) => {
            to.push_str("<struct>\n");
            for (name, value) in map {
                to.push_str("<member>\n<name>");
                escape(name, to);
                to.push_str("</name>\n");
                write(value, to);
                to.push_str("</member>\n");
            }
            to.push_str("</struct>");
        }
    }
    to.push_str("</value>\n");
}

/// Characters that XML can't hold are left out, or the server would refuse the whole call.
fn escape(text: &str, to: &mut String) {
    for c in text.chars() {
        match c {
            '&' => to.push_str("&amp;"),
            '<' => to.push_str("&lt;"),
            '>' => to.push_str("&gt;"),
            // Bare, it would be read as a line feed.
            '\r' => to.push_str("&#13;"),
            '\n' | '\t' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'.. => to.push(c),
            _ => {}
        }
    }
}

/// Reads an answer.
///
/// # Errors
/// The fault it holds, or what the status says where it is not XML-RPC.
pub fn read(status: u16, body: &[u8]) -> Result<Value, Fault> {
    match Walk::new(body).response() {
        Some(Response::Value(value)) => Ok(value),
        Some(Response::Fault(fault)) => {
            match (part(&fault, "faultCode"), part(&fault, "faultString")) {
                (Some(Value::Int(code)), Some(Value::Text(text))) => Err(classify::xml_fault(*code, text)),
                // The older endpoint puts the message into the code (rule 1).
                (Some(Value::Text(text)), _) => Err(classify::xml_fault(2, text)),
                _ => Err(classify::status(status)),
            }
        }
        None => Err(classify::status(status)),
    }
}

/// Deeper answers are not Odoo's.
const DEPTH: usize = 64;

enum Response {
    Value(Value),
    Fault(Map),
}

enum Span {
    Open(String),
    Close,
    Text(String),
}

/// A walk over the answer. `None` anywhere: it is not XML-RPC.
struct Walk<'a> {
    reader: Reader<&'a [u8]>,
    /// How many more values there may be.
    left: usize,
}

impl<'a> Walk<'a> {
    fn new(body: &'a [u8]) -> Self {
        let mut reader = Reader::from_reader(body);
        reader.config_mut().expand_empty_elements = true;
        Walk { reader, left: MOST_VALUES }
    }

    fn response(mut self) -> Option<Response> {
        self.open("methodResponse")?;
        match self.tag()?.as_str() {
            "params" => {
                self.open("param")?;
                self.open("value")?;
                let value = self.value(0)?;
                // The end of an answer that was cut off is missing.
                (self.closed()? && self.closed()? && self.closed()?).then_some(Response::Value(value))
            }
            "fault" => {
                self.open("value")?;
                match self.value(0)? {
                    Value::Map(map) if self.closed()? && self.closed()? => Some(Response::Fault(map)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The next step; comments and the declaration are none.
    fn step(&mut self) -> Option<Span> {
        loop {
            return Some(match self.reader.read_event().ok()? {
                Event::Start(tag) => {
                    Span::Open(std::str::from_utf8(tag.local_name().as_ref()).ok()?.to_owned())
                }
                Event::End(_) => Span::Close,
                Event::Text(text) => Span::Text(text.xml10_content().ok()?.into_owned()),
                Event::CData(text) => Span::Text(text.xml10_content().ok()?.into_owned()),
                Event::GeneralRef(name) => Span::Text(match name.resolve_char_ref().ok()? {
                    Some(c) => c.to_string(),
                    None => resolve_xml_entity(&name.decode().ok()?)?.to_owned(),
                }),
                Event::Decl(_) | Event::Comment(_) => continue,
                Event::Empty(_) | Event::PI(_) | Event::DocType(_) | Event::Eof => return None,
            });
        }
    }

    /// The next step that is not white space.
    fn mark(&mut self) -> Option<Span> {
        loop {
            match self.step()? {
                Span::Text(text) if text.trim().is_empty() => {}
                step => return Some(step),
            }
        }
    }

    fn tag(&mut self) -> Option<String> {
        if let Span::Open(name) = self.mark()? { Some(name) } else { None }
    }

    fn open(&mut self, name: &str) -> Option<()> {
        (self.tag()? == name).then_some(())
    }

    fn closed(&mut self) -> Option<bool> {
        Some(matches!(self.mark()?, Span::Close))
    }

    /// Everything up to the close of an element that holds text alone.
    fn text(&mut self) -> Option<String> {
        let mut text = String::new();
        loop {
            match self.step()? {
                Span::Text(more) => text.push_str(&more),
                Span::Close => return Some(text),
                Span::Open(_) => return None,
            }
        }
    }

    /// A value up to the close of its `<value>`, which is open. Without a type it is text.
    fn value(&mut self, depth: usize) -> Option<Value> {
        self.left = self.left.checked_sub(1)?;
        let mut bare = String::new();
        loop {
            match self.step()? {
                Span::Text(text) => bare.push_str(&text),
                Span::Close => return Some(Value::read(bare)),
                Span::Open(kind) if bare.trim().is_empty() && depth < DEPTH => {
                    let value = self.typed(&kind, depth)?;
                    return self.closed()?.then_some(value);
                }
                Span::Open(_) => return None,
            }
        }
    }

    fn typed(&mut self, kind: &str, depth: usize) -> Option<Value> {
        match kind {
            "array" => self.array(depth),
            "struct" => self.members(depth),
            _ => scalar(kind, self.text()?),
        }
    }

    fn array(&mut self, depth: usize) -> Option<Value> {
        self.open("data")?;
        let mut items = Vec::new();
        loop {
            match self.mark()? {
                Span::Open(name) if name == "value" => items.push(self.value(depth + 1)?),
                Span::Close => return self.closed()?.then_some(Value::List(items)),
                _ => return None,
            }
        }
    }

    fn members(&mut self, depth: usize) -> Option<Value> {
        let mut map = Vec::new();
        loop {
            match self.mark()? {
                Span::Open(name) if name == "member" => {
                    self.open("name")?;
                    let name = self.text()?;
                    self.open("value")?;
                    map.push((name, self.value(depth + 1)?));
                    self.closed()?.then_some(())?;
                }
                Span::Close => return Some(Value::Map(map)),
                _ => return None,
            }
        }
    }
}

fn scalar(kind: &str, text: String) -> Option<Value> {
    Some(match kind {
        "string" | "base64" | "dateTime.iso8601" => Value::read(text),
        "int" | "i4" | "i8" | "i2" | "i1" | "biginteger" => Value::Int(text.trim().parse().ok()?),
        "double" => Value::Float(text.trim().parse().ok()?),
        "boolean" => match text.trim() {
            "0" => Value::Bool(false),
            "1" => Value::Bool(true),
            _ => return None,
        },
        "nil" if text.trim().is_empty() => Value::Nil,
        _ => return None,
    })
}
