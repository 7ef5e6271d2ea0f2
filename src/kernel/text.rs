//! Text as people type it: what is stored of it, and what it is looked up by.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The form text is compared and looked up by: no accents, lower case, single spaces, trimmed.
///
/// Compatibility decomposition (NFKD, Unicode Standard Annex 15) without its combining marks, so that
/// `González` and `GONZALEZ` fold to `gonzalez`; letters that have no decomposition get their usual Latin
/// spelling (`ß` → `ss`, `ł` → `l`, `ø` → `o`). Punctuation stays. Folding twice changes nothing. For
/// comparing only, never for showing: in scripts that write vowels as marks it loses the vowels.
pub fn fold(s: &str) -> String {
    let mut folded = String::with_capacity(s.len());
    // Lower-casing may itself yield a mark (`İ` in some orders), so marks are dropped after it.
    for c in s.nfkd().flat_map(char::to_lowercase).nfkd().filter(|c| !is_combining_mark(*c)) {
        match plain(c) {
            Some(letters) => folded.push_str(letters),
            None => folded.push(c),
        }
    }
    collapse(&folded)
}

/// The folded words of a text, in order: [`fold`], split at everything that is neither letter nor digit.
/// Never holds an empty word.
pub fn words(s: &str) -> Vec<String> {
    let folded = fold(s);
    folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// What is stored of a typed line: composed (NFC), without control and invisible
/// characters, every run of white space (tabs and line ends too) one space, trimmed.
pub fn tidy(s: &str) -> String {
    let visible: String = s.chars().filter(|c| c.is_whitespace() || !is_invisible(*c)).collect();
    collapse(&visible).nfc().collect()
}

/// What is stored of a name: [`tidy`], and neither empty nor longer than so many characters.
///
/// # Errors
/// The rule, for a user error.
pub fn name(s: &str, max: usize) -> Result<String, String> {
    let name = tidy(s);
    if (1..=max).contains(&name.chars().count()) {
        Ok(name)
    } else {
        Err(format!("must have between 1 and {max} characters"))
    }
}

/// What is stored of a typed text of several lines: like [`tidy`], but the lines and their spacing stay.
///
/// `\r\n` and a lone `\r` become `\n`, other white-space controls (tab, form feed) one space, and white
/// space at the end of the text is dropped; the beginning is kept, for it may be an indent.
pub fn tidy_text(s: &str) -> String {
    let text: String = s
        .replace("\r\n", "\n")
        .chars()
        .filter_map(|c| match c {
            '\n' | '\r' => Some('\n'),
            c if c.is_whitespace() && c.is_control() => Some(' '),
            c if is_invisible(c) => None,
            c => Some(c),
        })
        .collect();
    text.trim_end().nfc().collect()
}

/// Characters that show nothing and only break look-ups or mislead the reader: controls, zero-width
/// spaces, the byte-order mark, soft hyphens, and the direction overrides that address books paste around
/// phone numbers. Zero-width joiners are not among them: emoji and several scripts need them.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The plain spelling of a lower-case letter that Unicode doesn't decompose.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ł' => "l",
        'ħ' => "h",
        'ŧ' => "t",
        'ŋ' => "n",
        'ı' => "i",
        'ς' => "σ",
        _ => return None,
    })
}

/// Every run of white space one space, none at the ends.
fn collapse(s: &str) -> String {
    let mut line = String::with_capacity(s.len());
    for word in s.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn folds() {
        for (typed, folded) in [
            ("", ""),
            ("González", "gonzalez"),
            ("gonza\u{301}lez", "gonzalez"),
            ("  MUÑOZ \t Peña\u{a0}", "munoz pena"),
            ("Straße", "strasse"),
            ("STRAẞE", "strasse"),
            ("Łódź", "lodz"),
            ("Ørsted Đorđe Æther", "orsted dorde aether"),
            ("İstanbul ISPARTA ırmak", "istanbul isparta irmak"),
            ("ΣΟΦΟΣ σοφος σοφος", "σοφοσ σοφοσ σοφοσ"),
            ("ﬁnanzas Nº１２", "finanzas no12"),
            ("O'Brien & Cía., S.L.", "o'brien & cia., s.l."),
        ] {
            assert_eq!(fold(typed), folded, "{typed}");
        }
    }

    #[test]
    fn folding_any_single_character_twice_changes_nothing() {
        for c in '\0'..=char::MAX {
            let once = fold(&c.to_string());
            assert_eq!(fold(&once), once, "U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn splits_words() {
        assert_eq!(words("Cía. Muñoz-López, S.A. (2024)"), ["cia", "munoz", "lopez", "s", "a", "2024"]);
        assert!(words(" -- ¿? ").is_empty());
    }

    #[test]
    fn tidies_lines() {
        for (typed, stored) in [
            ("  Ana\t María \r\n Ruiz ", "Ana María Ruiz"),
            ("Jose\u{301}", "José"),
            ("e\0\u{301}", "é"),
            ("a\u{7}b\u{200b}c\u{feff}", "abc"),
            ("\u{202a}+34 612\u{202c}", "+34 612"),
            ("👩\u{200d}⚕️", "👩\u{200d}⚕️"),
        ] {
            assert_eq!(tidy(typed), stored, "{typed:?}");
        }
    }

    #[test]
    fn tidies_texts() {
        for (typed, stored) in [
            ("one\r\ntwo\rthree\n\n  four\t.  \n\n", "one\ntwo\nthree\n\n  four ."),
            ("a\u{1b}[31mb\0", "a[31mb"),
            ("Jose\u{301}\n", "José"),
            (" \n ", ""),
        ] {
            assert_eq!(tidy_text(typed), stored, "{typed:?}");
        }
    }

    proptest! {
        #[test]
        fn folding_is_idempotent(s in any::<String>()) {
            let once = fold(&s);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn case_and_composition_do_not_matter(s in "[a-zñáéíóúüç ]{0,20}") {
            prop_assert_eq!(fold(&s.to_uppercase()), fold(&s));
            prop_assert_eq!(fold(&s.nfd().collect::<String>()), fold(&s));
        }

        #[test]
        fn words_are_folded_and_not_empty(s in any::<String>()) {
            let found = words(&s);
            prop_assert!(found.iter().all(|w| !w.is_empty() && w.chars().all(char::is_alphanumeric)));
            prop_assert_eq!(words(&found.join(" ")), found);
        }

        #[test]
        fn tidying_is_idempotent_and_leaves_no_controls(s in any::<String>()) {
            let line = tidy(&s);
            prop_assert!(!line.chars().any(char::is_control));
            prop_assert_eq!(tidy(&line), line);
            let text = tidy_text(&s);
            prop_assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
            prop_assert_eq!(tidy_text(&text), text);
        }
    }
}
