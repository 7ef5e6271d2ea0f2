//! How large an answer may be. What is written is counted while the answer is made, so that one that becomes too large is
//! given up before it fills the memory; what was counted is never more than the text will have.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_graphql::{ContextBase, Response, Value};
use tokio::sync::Notify;

use super::error;
use super::fast::to_json_within;
use crate::kernel::{Error, Result};

/// Request data: counts the bytes of an answer.
#[derive(Clone)]
pub struct Size(Arc<Counted>);

struct Counted {
    most: usize,
    bytes: AtomicUsize,
    exceeded: Notify,
}

impl Size {
    /// Of an answer that may have so many bytes.
    pub fn new(most: usize) -> Size {
        Size(Arc::new(Counted { most, bytes: AtomicUsize::new(0), exceeded: Notify::new() }))
    }

    /// Counts what was written.
    ///
    /// # Errors
    /// `TooLarge` when it is more than an answer may have.
    pub fn add(&self, bytes: usize) -> Result<()> {
        let before = self.0.bytes.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) <= self.0.most {
            return Ok(());
        }
        self.0.exceeded.notify_one();
        Err(Error::TooLarge { most: self.0.most })
    }

    /// Looks at a text under way, a part of the answer, without counting it.
    ///
    /// # Errors
    /// `TooLarge` when it alone is more than an answer may have.
    pub fn admit(&self, text: &[u8]) -> Result<()> {
        if text.len() <= self.0.most { Ok(()) } else { self.add(text.len()) }
    }

    /// Ends when the answer is too large.
    pub async fn exceeded(&self) {
        self.0.exceeded.notified().await;
    }

    /// Whether the answer is too large.
    pub fn is_exceeded(&self) -> bool {
        self.0.bytes.load(Ordering::Relaxed) > self.0.most
    }
}

/// Counts an object that the executor wrote: its keys and plain values. What is nested was counted when it was written.
///
/// # Errors
/// `TooLarge`.
pub fn count<T>(ctx: &ContextBase<'_, T>, value: &Value) -> Result<()> {
    let Some(size) = ctx.data_opt::<Size>() else { return Ok(()) };
    match value {
        Value::Binary(text) => size.add(text.len()),
        Value::Object(fields) => {
            size.add(fields.iter().map(|(key, value)| key.len() + "\"\":,".len() + plain(value)).sum())
        }
        _ => Ok(()),
    }
}

/// The least that the text of a plain value has.
fn plain(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + "\"\"".len(),
        Value::Enum(name) => name.len() + "\"\"".len(),
        Value::List(items) => items.iter().map(plain).sum(),
        Value::Null | Value::Number(_) | Value::Boolean(_) => 1,
        Value::Binary(_) | Value::Object(_) => 0,
    }
}

/// The text of a response, or of the error that it is too large.
pub fn text(response: &Response, executed: bool, most: usize, request_id: &str) -> String {
    to_json_within(response, executed, most).unwrap_or_else(|| {
        let error = error::of_request(&Error::TooLarge { most }, request_id);
        super::fast::to_json(&Response::from_errors(vec![error]), executed)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_never_more_than_the_text() {
        let value = Value::from_json(serde_json::json!({
            "text": "x\"y", "none": null, "yes": true, "number": 12, "list": ["a", "b"], "inner": { "counted": "before" },
        }));
        let value = value.expect("an object");
        let written = serde_json::to_string(&value).expect("JSON").len();
        let Value::Object(fields) = value else { unreachable!("made as an object") };
        let counted: usize =
            fields.iter().map(|(key, value)| key.len() + "\"\":,".len() + plain(value)).sum();
        assert!((50..=written).contains(&counted), "{counted} of {written}");
    }

    #[test]
    fn parts_add_up_and_one_text_under_way_is_looked_at_by_itself() {
        let size = Size::new(10);
        assert!(size.admit(b"1234567890").is_ok() && size.add(6).is_ok() && size.add(4).is_ok());
        assert!(!size.is_exceeded());
        assert!(matches!(size.add(1), Err(Error::TooLarge { most: 10 })));
        assert!(size.is_exceeded());
        assert!(Size::new(10).admit(b"12345678901").is_err());
    }

    #[test]
    fn a_text_is_whole_or_an_error() {
        let response = Response::new(Value::String("x".repeat(100)));
        let whole = r#"{"data":""}"#.len() + 100;
        assert_eq!(text(&response, true, whole, "r").len(), whole);
        let refused = text(&response, true, whole - 1, "r");
        assert!(refused.contains("ANSWER_TOO_LARGE") && refused.contains(r#""data":null"#), "{refused}");
    }
}
