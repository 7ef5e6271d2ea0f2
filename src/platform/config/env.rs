//! Reads variables one by one, remembers each declaration and each mistake.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use url::Url;

/// A variable that the program reads.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name in the environment.
    pub name: &'static str,
    /// What counts when it is absent; empty when absence has a meaning of its own.
    pub default: &'static str,
    /// What it is for, with its unit.
    pub doc: &'static str,
}

/// Everything that is wrong with the configuration, one line each.
#[derive(Debug, PartialEq, Eq)]
pub struct Mistakes(pub Vec<String>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the configuration has {} mistake(s):", self.0.len())?;
        self.0.iter().try_for_each(|mistake| writeln!(f, "  - {mistake}"))
    }
}
impl std::error::Error for Mistakes {}

/// Where variables come from: the environment, or a table in a test.
pub struct Env<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    pub(super) variables: Vec<Variable>,
    pub(super) mistakes: Vec<String>,
}

impl<'a> Env<'a> {
    pub(super) fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Env { lookup, variables: Vec::new(), mistakes: Vec::new() }
    }

    /// A variable that may be absent; an empty one counts as absent.
    pub(super) fn text(&mut self, name: &'static str, doc: &'static str) -> Option<String> {
        self.declare(name, "", doc)
    }

    /// A variable with a default, read by its type. A mistake names the variable and never shows its value.
    pub(super) fn read<T: FromStr>(
        &mut self,
        name: &'static str,
        default: &'static str,
        doc: &'static str,
        expected: &'static str,
    ) -> T {
        let text = self.declare(name, default, doc).unwrap_or_else(|| default.to_owned());
        match (text.parse(), default.parse()) {
            (Ok(value), _) => value,
            (Err(_), Ok(fallback)) => {
                self.mistake(format!("{name} must be {expected}"));
                fallback
            }
            (Err(_), Err(_)) => unreachable!("the default of {name} is written in this program and tested"),
        }
    }

    /// A number within bounds.
    pub(super) fn number(
        &mut self,
        name: &'static str,
        default: &'static str,
        min: u64,
        max: u64,
        doc: &'static str,
    ) -> u64 {
        let value = self.read(name, default, doc, "a whole number");
        if !(min..=max).contains(&value) {
            self.mistake(format!("{name} must be between {min} and {max}"));
        }
        value
    }

    /// A switch: `true` or `false`.
    pub(super) fn switch(&mut self, name: &'static str, default: &'static str, doc: &'static str) -> bool {
        self.read(name, default, doc, "true or false")
    }

    pub(super) fn mistake(&mut self, text: impl Into<String>) {
        self.mistakes.push(text.into());
    }

    fn declare(&mut self, name: &'static str, default: &'static str, doc: &'static str) -> Option<String> {
        self.variables.push(Variable { name, default, doc });
        (self.lookup)(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty())
    }
}

/// A duration of whole seconds.
pub(super) fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// The items of a list that is separated by commas.
pub(super) fn list(text: Option<String>) -> Vec<String> {
    let text = text.unwrap_or_default();
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

/// Whether it is the address of a server and holds nothing that could be secret.
pub(super) fn is_plain(url: &Url) -> bool {
    ["http", "https"].contains(&url.scheme())
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
}
