//! The languages in which cabina writes sentences of its own.

/// The language tag of users for whom none was given, and of what cabina writes for readers whom it does not know.
pub const DEFAULT_LOCALE: &str = "es";

/// A language in which cabina writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Spanish.
    Spanish,
}

impl Language {
    /// The language for a reader with this language tag: Spanish for `es` and every `es-…`, English for the others.
    pub fn of(locale: &str) -> Language {
        if locale == "es" || locale.starts_with("es-") { Language::Spanish } else { Language::English }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_the_language_tag() {
        for (locale, language) in [
            ("es", Language::Spanish),
            ("es-MX", Language::Spanish),
            ("en", Language::English),
            ("est", Language::English), // Estonian
            ("", Language::English),
        ] {
            assert_eq!(Language::of(locale), language, "{locale}");
        }
    }
}
