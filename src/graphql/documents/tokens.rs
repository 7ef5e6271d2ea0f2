//! The look at a document's text before it is parsed: how large it is, and what the parser cannot tell.
//!
//! Parsing costs many times the text, so text, tokens and nesting are bounded first. On the way the escapes that the
//! parser does not know (`\u{1F600}` and surrogate pairs) are written as the characters that they mean, and fields that an
//! input object names twice are found: the parser would keep the last of them.

use std::borrow::Cow;
use std::collections::HashSet;

use async_graphql::{Pos, ServerError};

use crate::kernel::Error;
use crate::platform::config::LimitsConfig;

/// Deepest nesting of brackets: the parser calls itself for each.
const NESTING: usize = 128;

/// A text that may be parsed.
#[derive(Debug)]
pub struct Scanned<'a> {
    /// What the parser is to read.
    pub text: Cow<'a, str>,
    /// How many tokens it has.
    pub tokens: usize,
}

/// Why a text is not parsed.
#[derive(Debug)]
pub enum Unparsed {
    /// It is larger than documents may be.
    TooLarge(Error),
    /// It is no GraphQL.
    Syntax(Box<ServerError>),
}

/// Whether a text is short enough to be looked at.
///
/// # Errors
/// `Invalid` with the limit.
pub fn check_length(text: &str, limits: &LimitsConfig) -> Result<(), Error> {
    if text.len() > limits.document {
        return Err(too_large(format!("it has {} bytes", text.len()), limits.document));
    }
    Ok(())
}

/// Goes through a text once.
///
/// # Errors
/// When it is too large, or no GraphQL in a way that the parser would not notice.
pub fn scan<'a>(text: &'a str, limits: &LimitsConfig) -> Result<Scanned<'a>, Unparsed> {
    check_length(text, limits).map_err(Unparsed::TooLarge)?;
    let mut scanner = Scanner {
        text,
        at: 0,
        open: Vec::new(),
        arguments: 0,
        name: None,
        written: String::new(),
        copied: 0,
    };
    let mut tokens = 0;
    while scanner.token()? {
        tokens += 1;
        if tokens > limits.tokens {
            let is = format!("it has more than {} tokens", limits.tokens);
            return Err(Unparsed::TooLarge(too_large(is, limits.tokens)));
        }
        if scanner.open.len() > NESTING {
            return Err(Unparsed::TooLarge(too_large("its brackets are nested deeper".to_owned(), NESTING)));
        }
    }
    Ok(Scanned { text: scanner.finish(), tokens })
}

fn too_large(is: String, most: usize) -> Error {
    Error::invalid("query", format!("the document is too large: {is}, at most {most} are allowed"))
}

/// A bracket that is open.
enum Open<'a> {
    /// `(`: of arguments or variables.
    Arguments,
    /// `[`: of a list.
    List,
    /// `{`: of a selection.
    Selection,
    /// `{`: of an input object, with the fields that it has named.
    Object(HashSet<&'a str>),
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    open: Vec<Open<'a>>,
    /// How many of the open brackets are those of arguments: within them braces are input objects.
    arguments: usize,
    /// The token before, when it was a name.
    name: Option<&'a str>,
    /// The rewritten text up to `copied`; empty while nothing had to be rewritten.
    written: String,
    copied: usize,
}

impl<'a> Scanner<'a> {
    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn skip_while(&mut self, wanted: impl Fn(u8) -> bool) {
        while self.byte(0).is_some_and(&wanted) {
            self.at += 1;
        }
    }

    /// Takes the next token; `false` at the end.
    fn token(&mut self) -> Result<bool, Unparsed> {
        loop {
            match self.byte(0) {
                Some(b' ' | b'\t' | b'\n' | b'\r' | b',') => self.at += 1,
                Some(b'#') => self.skip_while(|byte| byte != b'\n' && byte != b'\r'),
                _ if self.text[self.at..].starts_with('\u{feff}') => self.at += '\u{feff}'.len_utf8(),
                Some(_) => break,
                None => return Ok(false),
            }
        }
        let start = self.at;
        let name = self.name.take();
        match self.byte(0) {
            Some(b'a'..=b'z' | b'A'..=b'Z' | b'_') => {
                self.skip_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                self.name = Some(&self.text[start..self.at]);
            }
            Some(b'0'..=b'9' | b'-') => {
                self.at += 1;
                self.skip_while(|byte| byte.is_ascii_digit());
            }
            Some(b'"') => self.string()?,
            Some(b'.') => self.skip_while(|byte| byte == b'.'),
            Some(_) => self.punctuation(name)?,
            None => {}
        }
        Ok(true)
    }

    fn punctuation(&mut self, name: Option<&'a str>) -> Result<(), Unparsed> {
        match self.byte(0) {
            Some(b'(') => {
                self.arguments += 1;
                self.open.push(Open::Arguments);
            }
            Some(b'[') => self.open.push(Open::List),
            Some(b'{') if self.arguments > 0 => self.open.push(Open::Object(HashSet::new())),
            Some(b'{') => self.open.push(Open::Selection),
            Some(b')' | b']' | b'}') => {
                if let Some(Open::Arguments) = self.open.pop() {
                    self.arguments -= 1;
                }
            }
            Some(b':') => {
                if let (Some(Open::Object(named)), Some(name)) = (self.open.last_mut(), name)
                    && !named.insert(name)
                {
                    let told = format!("the input object names its field {name} twice");
                    return Err(self.wrong(&told, self.at));
                }
            }
            _ => {}
        }
        self.at += self.text[self.at..].chars().next().map_or(1, char::len_utf8);
        Ok(())
    }

    /// Takes a string; one without an end is left to the parser.
    fn string(&mut self) -> Result<(), Unparsed> {
        if self.text[self.at..].starts_with("\"\"\"") {
            self.at += 3;
            loop {
                match self.byte(0) {
                    Some(b'\\') if self.text[self.at..].starts_with("\\\"\"\"") => self.at += 4,
                    Some(b'"') if self.text[self.at..].starts_with("\"\"\"") => {
                        self.at += 3;
                        return Ok(());
                    }
                    Some(_) => self.at += 1,
                    None => return Ok(()),
                }
                while !self.text.is_char_boundary(self.at) {
                    self.at += 1;
                }
            }
        }
        self.at += 1;
        loop {
            match self.byte(0) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') if self.byte(1) == Some(b'u') => self.escape()?,
                Some(b'\\') if self.byte(1).is_some_and(|byte| byte.is_ascii()) => self.at += 2,
                Some(b'\n' | b'\r') | None => return Ok(()),
                Some(_) => self.at += self.text[self.at..].chars().next().map_or(1, char::len_utf8),
            }
        }
    }

    /// Takes `\u…`; what is wrong with its form is left to the parser.
    fn escape(&mut self) -> Result<(), Unparsed> {
        let start = self.at;
        let rest = &self.text[start + 2..];
        let (code, length) = if let Some(rest) = rest.strip_prefix('{') {
            let Some(end) = rest.find('}') else { return self.pass(2) };
            let Some(code) = hexadecimal(&rest[..end]) else { return self.pass(2) };
            (code, end + 4)
        } else {
            let Some(high) = rest.get(..4).and_then(hexadecimal) else { return self.pass(2) };
            let low = rest.get(4..10).and_then(|next| next.strip_prefix("\\u")).and_then(hexadecimal);
            match (high, low) {
                (0xD800..=0xDBFF, Some(low @ 0xDC00..=0xDFFF)) => {
                    (0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00), 12)
                }
                (0xD800..=0xDFFF, _) => (high, 6),
                _ => return self.pass(6), // the parser knows it
            }
        };
        let Some(character) = char::from_u32(code) else {
            return Err(self.wrong("an escape in a string is half a surrogate pair, or no character", start));
        };
        self.written.push_str(&self.text[self.copied..start]);
        match character {
            '"' | '\\' => self.written.extend(['\\', character]),
            control if control.is_control() => self.written.push_str(&format!("\\u{code:04X}")),
            plain => self.written.push(plain),
        }
        self.at = start + length;
        self.copied = self.at;
        Ok(())
    }

    fn pass(&mut self, bytes: usize) -> Result<(), Unparsed> {
        self.at += bytes;
        Ok(())
    }

    fn wrong(&self, message: &str, at: usize) -> Unparsed {
        let before = &self.text[..at];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Unparsed::Syntax(Box::new(ServerError::new(message, Some(Pos { line, column }))))
    }

    fn finish(mut self) -> Cow<'a, str> {
        if self.copied == 0 {
            return Cow::Borrowed(self.text);
        }
        self.written.push_str(&self.text[self.copied..]);
        Cow::Owned(self.written)
    }
}

fn hexadecimal(digits: &str) -> Option<u32> {
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u32::from_str_radix(digits, 16).ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> LimitsConfig {
        crate::platform::config::Config::from_lookup(&|_| None).0.expect("defaults").limits
    }

    #[test]
    fn escapes_that_the_parser_does_not_know_become_characters() {
        for (written, read) in [
            (r#"{ a(b: "\ud83d\ude00") }"#, "{ a(b: \"\u{1F600}\") }"),
            (r#"{ a(b: "x\u{1F600}y\u{e9}") }"#, "{ a(b: \"x\u{1F600}y\u{e9}\") }"),
            (r#"{ a(b: "\u{22}\u{5c}\u{a}") }"#, r#"{ a(b: "\"\\\u000A") }"#),
            (r#"{ a(b: "\u00e9 \\ud83d \n") }"#, r#"{ a(b: "\u00e9 \\ud83d \n") }"#),
            (
                r#"{ a(b: """\ud83d""") # "\ud83d"
            }"#,
                r#"{ a(b: """\ud83d""") # "\ud83d"
            }"#,
            ),
        ] {
            assert_eq!(scan(written, &limits()).expect(written).text, read);
            assert!(async_graphql::parser::parse_query(read).is_ok(), "{read}");
        }
        for half in [r"\ud83d", r"\ude00", r"\ud83dx", r"\ud83d\u0041", r"\u{d800}", r"\u{110000}"] {
            let document = format!("{{ a(b: \"{half}\") }}");
            let Err(Unparsed::Syntax(error)) = scan(&document, &limits()) else { panic!("{half}") };
            assert_eq!(error.locations, [Pos { line: 1, column: 9 }], "{half}");
        }
    }

    #[test]
    fn fields_that_stand_twice_in_an_input_object_are_found() {
        for (document, twice) in [
            ("{ a(b: {c: 1, c: 2}) }", true),
            ("{ a(b: {c: {d: 1}, e: {d: 1}, f: [{d: 1}, {d: 2}]}) }", false),
            ("{ a(b: {c: [{d: 1, d: 1}]}) }", true),
            ("query($x: I = {c: 1 c: 2}) { a }", true),
            ("{ a(b: {c: E d: E}) { c c x: y x: y } }", false),
            (r#"{ a(b: {c: "c: }", d: $c}) }"#, false),
        ] {
            assert_eq!(scan(document, &limits()).is_err(), twice, "{document}");
        }
    }

    #[test]
    fn tokens_are_counted_and_bounded() {
        let count = |text: &str| scan(text, &limits()).expect(text).tokens;
        assert_eq!(count("{ a(b: -1, c: \"x y\") { ...F # no\n } }"), 15);
        let many = format!("{{ {} }}", "a ".repeat(limits().tokens));
        let deep = format!("{{ a(b: {}", "[".repeat(200));
        let long = format!("{{ a }} # {}", "x".repeat(limits().document));
        for text in [many, deep, long] {
            assert!(matches!(scan(&text, &limits()), Err(Unparsed::TooLarge(_))));
        }
    }

    #[test]
    fn any_text_is_gone_through_to_its_end() {
        for text in [
            "\"",
            "\"\\",
            "\"\\u",
            "\"\\u{",
            "\"\\u{zz}\"",
            "\"\"\"\\",
            "é\"é\\é",
            "\u{feff}{",
            "\"\\ud83d\\u",
            ")))}",
            "\"\\u12é4\"",
        ] {
            let _ = scan(text, &limits());
        }
    }
}
