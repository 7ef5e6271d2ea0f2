//! XML-RPC as a server reads and writes it.

use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::Event;

use super::problem::Problem;
use crate::integrations::odoo::{Map, Value};

/// An element with what is in it.
#[derive(Default)]
struct Element {
    name: String,
    text: String,
    inner: Vec<Element>,
}

impl Element {
    fn child(&self, name: &str) -> Option<&Element> {
        self.inner.iter().find(|child| child.name == name)
    }
}

/// Deeper requests are refused.
const DEPTH: usize = 200;

/// A method's name and its parameters.
pub(super) fn request(body: &[u8]) -> Result<(String, Vec<Value>), Problem> {
    let broken = |at: u64| Problem::expat(format!("unclosed token: line 1, column {at}"));
    let mut reader = Reader::from_reader(body);
    reader.config_mut().expand_empty_elements = true;
    let mut open = vec![Element::default()];
    loop {
        let at = reader.buffer_position();
        match reader.read_event().map_err(|_| broken(at))? {
            Event::Start(tag) if open.len() < DEPTH => {
                let name = String::from_utf8_lossy(tag.local_name().as_ref()).into_owned();
                open.push(Element { name, ..Element::default() });
            }
            Event::End(_) if open.len() > 1 => {
                if let (Some(done), Some(around)) = (open.pop(), open.last_mut()) {
                    around.inner.push(done);
                }
            }
            Event::Text(text) => push(&mut open, &text.xml10_content().map_err(|_| broken(at))?),
            Event::CData(text) => push(&mut open, &text.xml10_content().map_err(|_| broken(at))?),
            Event::GeneralRef(name) => {
                let text = match name.resolve_char_ref().map_err(|_| broken(at))? {
                    Some(c) => c.to_string(),
                    None => name
                        .decode()
                        .ok()
                        .and_then(|name| resolve_xml_entity(&name).map(str::to_owned))
                        .ok_or_else(|| broken(at))?,
                };
                push(&mut open, &text);
            }
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) | Event::DocType(_) => {}
            Event::Eof if open.len() == 1 => break,
            _ => return Err(broken(at)),
        }
    }
    let call = open.first().and_then(|root| root.child("methodCall")).ok_or_else(|| broken(0))?;
    let method = call.child("methodName").map(|name| name.text.clone()).ok_or_else(|| broken(0))?;
    let params = call.child("params").into_iter().flat_map(|params| &params.inner);
    let params = params.map(|param| param.child("value").and_then(value).ok_or_else(|| broken(0)));
    Ok((method, params.collect::<Result<_, _>>()?))
}

fn push(open: &mut [Element], text: &str) {
    if let Some(last) = open.last_mut() {
        last.text.push_str(text);
    }
}

/// A value; without a type it is text.
fn value(element: &Element) -> Option<Value> {
    let Some(typed) = element.inner.first() else { return Some(Value::Text(element.text.clone())) };
    let text = typed.text.trim();
    Some(match typed.name.as_str() {
        "string" | "base64" | "dateTime.iso8601" => Value::Text(typed.text.clone()),
        "int" | "i4" | "i8" => Value::Int(text.parse().ok()?),
        "double" => Value::Float(text.parse().ok()?),
        "boolean" => Value::Bool(text == "1"),
        "nil" => Value::Nil,
        "array" => Value::List(typed.child("data")?.inner.iter().map(value).collect::<Option<_>>()?),
        "struct" => Value::Map(typed.inner.iter().map(member).collect::<Option<_>>()?),
        _ => return None,
    })
}

fn member(element: &Element) -> Option<(String, Value)> {
    Some((element.child("name")?.text.clone(), value(element.child("value")?)?))
}

/// A good answer. `None` when it holds what XML-RPC can't say.
pub(super) fn response(answer: &Value) -> Option<String> {
    let mut out = String::from("<?xml version=\"1.0\"?>\n<methodResponse>\n<params>\n<param>\n");
    write(answer, &mut out)?;
    out.push_str("</param>\n</params>\n\n</methodResponse>");
    Some(out)
}

/// A fault.
pub(super) fn fault(code: Value, text: String) -> String {
    let mut out = String::from("<?xml version=\"1.0\"?>\n<methodResponse>\n<fault>\n");
    let fault: Map = vec![("faultCode".to_owned(), code), ("faultString".to_owned(), text.into())];
    // Neither of both is a None.
    let _ = write(&Value::Map(fault), &mut out);
    out.push_str("</fault>\n\n</methodResponse>");
    out
}

fn write(value: &Value, out: &mut String) -> Option<()> {
    out.push_str("<value>");
    match value {
        Value::Nil => return None,
        Value::Bool(flag) => out.push_str(&format!("<boolean>{}</boolean>", u8::from(*flag))),
        Value::Int(number) => out.push_str(&format!("<int>{number}</int>")),
        Value::Float(number) => out.push_str(&format!("<double>{number:?}</double>")),
        Value::Text(text) => out.push_str(&format!("<string>{}</string>", escaped(text))),
        Value::List(items) => {
            out.push_str("<array><data>\n");
            items.iter().try_for_each(|item| write(item, out))?;
            out.push_str("</data></array>");
        }
        Value::Map(entries) => {
            out.push_str("<struct>\n");
            for (name, value) in entries {
                out.push_str(&format!("<member>\n<name>{}</name>\n", escaped(name)));
                write(value, out)?;
                out.push_str("</member>\n");
            }
            out.push_str("</struct>");
        }
    }
    out.push_str("</value>\n");
    Some(())
}

/// The three characters that Python escapes.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
