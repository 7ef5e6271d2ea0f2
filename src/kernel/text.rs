//! Text as people type it: what is stored of it, and what it is looked up by.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The form text is compared and looked up by: no accents, lower case, single spaces, trimmed.
///
/// Compatibility decomposition (NFKD, Unicode Standard Annex 15) without its combining marks, so that
/// `González` and `GONZALEZ` fold to `gonzalez`; letters that have no decomposition get their usual Latin
/// spelling (`ß` → `ss`, `ł` → `l`, `ø` → `o`). Every apostrophe is the same, what shows nothing is left out, all other
/// punctuation stays. Folding twice changes nothing. For comparing only, never for showing: in scripts that
/// write vowels as marks it loses the vowels.
pub fn fold(s: &str) -> String {
    let mut folded = String::with_capacity(s.len());
    // Before anything is decomposed: an acute accent that stands for an apostrophe would become a space.
    let apostrophes = s.chars().map(|c| if is_apostrophe(c) { '\'' } else { c });
    // Lower-casing may itself yield a mark (`İ` in some orders), so marks are dropped after it.
    let letters = apostrophes.nfkd().flat_map(char::to_lowercase).nfkd();
    for c in letters.filter(|c| !is_combining_mark(*c) && !is_ignorable(*c)) {
        match plain(c) {
            Some(letters) => folded.push_str(letters),
            None if is_apostrophe(c) => folded.push('\''),
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

/// The folded words of a text, in order, with what belongs together in one piece: `S.A. de C.V.` is `sa`, `de`, `cv` as it is
/// in `SA de CV`, and `O'Brien` is `obrien`. Never holds an empty word.
pub fn joined_words(s: &str) -> Vec<String> {
    let folded = fold(s).replace('\'', "");
    let (mut joined, mut rest): (Vec<String>, &str) = (Vec::new(), &folded);
    // Letters that stand alone, with dots and blanks between them at most, are one abbreviation.
    let mut abbreviates = false;
    while let Some(start) = rest.find(char::is_alphanumeric) {
        let near = rest[..start].chars().all(|c| matches!(c, '.' | ' '));
        let end = rest[start..].find(|c: char| !c.is_alphanumeric()).map_or(rest.len(), |end| start + end);
        let word = &rest[start..end];
        rest = &rest[end..];
        let alone = word.chars().count() == 1 && word.chars().all(char::is_alphabetic);
        match joined.last_mut().filter(|_| alone && abbreviates && near) {
            Some(abbreviation) => abbreviation.push_str(word),
            None => joined.push(word.to_owned()),
        }
        abbreviates = alone;
    }
    joined
}

/// What is stored of a typed line: composed (NFC), without control and invisible
/// characters, every run of white space (tabs and line ends too) one space, trimmed of white space and of all that shows
/// nothing at its ends, direction marks among them. A line that shows nothing at all is empty.
pub fn tidy(s: &str) -> String {
    let visible: String = s.chars().filter(|c| c.is_whitespace() || !is_invisible(*c)).collect();
    if !shows_something(&visible) {
        return String::new();
    }
    collapse(trim_end(visible.trim_start_matches(is_blank))).nfc().collect()
}

/// What is stored of a name or title: [`tidy`], with at least one visible character and no more than so many characters.
///
/// # Errors
/// The rule, for a user error.
pub fn name(s: &str, max: usize) -> Result<String, String> {
    within(tidy(s), max)
}

/// What is stored of a text of several lines that must be given: [`tidy_text`], with at least one visible character and no
/// more than so many characters.
///
/// # Errors
/// The rule, for a user error.
pub fn required(s: &str, max: usize) -> Result<String, String> {
    within(tidy_text(s), max)
}

/// What is stored of a text of several lines that may be missing: [`tidy_text`]; `None` when it shows nothing.
///
/// # Errors
/// The rule, for a user error.
pub fn optional(s: &str, max: usize) -> Result<Option<String>, String> {
    let text = tidy_text(s);
    if text.chars().count() > max {
        return Err(format!("must have at most {max} characters"));
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

fn within(text: String, max: usize) -> Result<String, String> {
    if (1..=max).contains(&text.chars().count()) {
        Ok(text)
    } else {
        Err(format!("must have between 1 and {max} characters, at least one of them visible"))
    }
}

/// What is stored of a typed text of several lines: like [`tidy`], but the lines and their spacing stay.
///
/// `\r\n` and a lone `\r` become `\n`, other white-space controls (tab, form feed) one space, and white
/// space at the end of the text is dropped; the beginning is kept, for it may be an indent. A text that shows nothing is
/// empty.
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
    if !shows_something(&text) {
        return String::new();
    }
    trim_end(&text).nfc().collect()
}

/// Characters that show nothing and only break look-ups or mislead the reader: controls, zero-width
/// spaces, the byte-order mark, soft hyphens, the direction overrides that address books paste around
/// phone numbers, invisible operators and annotations. Zero-width joiners and direction marks are not among them: emoji and
/// several scripts need them inside a text.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}' | '\u{feff}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}')
}

/// Whether a character is shown as nothing by itself: `Default_Ignorable_Code_Point` of the Unicode Character Database
/// (direction marks, joiners, fillers, variation selectors, tags), whose list is stable but for additions.
pub fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a character leaves the paper white: white space, what is ignorable, and the blanks among the symbols (the empty
/// Braille cell, the null note head, annotation marks, the Khitan filler).
fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || is_ignorable(c)
        || matches!(c, '\u{2800}' | '\u{1d159}' | '\u{16fe4}' | '\u{fff9}'..='\u{fffb}')
}

/// Whether there is anything to be seen. An accent alone does not count: it needs something to stand on.
fn shows_something(s: &str) -> bool {
    s.nfd().any(|c| !is_blank(c) && !is_combining_mark(c))
}

/// Without what shows nothing at the end. Variation selectors and tags stay behind what they belong to.
fn trim_end(s: &str) -> &str {
    let shown = s.trim_end_matches(is_blank).len();
    let selects = |c: char| matches!(c, '\u{34f}' | '\u{180b}'..='\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0020}'..='\u{e01ef}');
    let attached = s[shown..].find(|c| !selects(c)).unwrap_or(s.len() - shown);
    &s[..shown + attached]
}

/// The characters that keyboards and word processors write for an apostrophe.
fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '`' | '´' | '‘' | '’' | '‛' | 'ʻ' | 'ʼ' | 'ʹ' | '′' | '＇')
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
            ("O’Brien DʼAngelo L´Oréal", "o'brien d'angelo l'oreal"),
            ("\u{200f}Ana\u{200d}bel\u{200e}", "anabel"),
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
    fn what_belongs_together_is_one_word() {
        for (typed, joined) in [
            ("Qorvex, S.A. de C.V.", "qorvex sa de cv"),
            ("Qorvex S. A. de C. V.", "qorvex sa de cv"),
            ("Qorvex SA de CV", "qorvex sa de cv"),
            ("Qorvex S A de C V", "qorvex sa de cv"),
            ("Acme, S.L.U.", "acme slu"),
            ("Acme S.A.P.I. de C.V.", "acme sapi de cv"),
            ("Tintes S. de R.L. de C.V.", "tintes s de rl de cv"),
            ("O'Brien & D’Angelo", "obrien dangelo"),
            ("L´Oréal, Sant'Anna", "loreal santanna"),
            ("J. R. R. Tolkien", "jrr tolkien"),
            ("Ana M. López (3 M)", "ana m lopez 3 m"),
            ("A-B", "a b"),
            ("'' ?", ""),
        ] {
            assert_eq!(joined_words(typed).join(" "), joined, "{typed}");
        }
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
            ("\u{200e}Ana\u{200f} \u{200e}", "Ana"),
            ("\u{3164}Ana \u{2800}\u{61c}", "Ana"),
            ("עברית \u{200f}(A)\u{200f} ב", "עברית \u{200f}(A)\u{200f} ב"),
            ("می\u{200c}خواهم", "می\u{200c}خواهم"),
            ("❤\u{fe0f}", "❤\u{fe0f}"),
        ] {
            assert_eq!(tidy(typed), stored, "{typed:?}");
        }
    }

    /// What shows nothing, however it is combined.
    const NOTHING: [char; 24] = [
        ' ',
        '\u{a0}',
        '\0',
        '\u{ad}',
        '\u{301}',
        '\u{34f}',
        '\u{61c}',
        '\u{115f}',
        '\u{1160}',
        '\u{180e}',
        '\u{200b}',
        '\u{200c}',
        '\u{200d}',
        '\u{200e}',
        '\u{200f}',
        '\u{202e}',
        '\u{2060}',
        '\u{2800}',
        '\u{3164}',
        '\u{fe0f}',
        '\u{ffa0}',
        '\u{feff}',
        '\u{e0041}',
        '\u{e0100}',
    ];

    #[test]
    fn a_name_must_show_something() {
        for nothing in NOTHING {
            let rule = name(&nothing.to_string(), 10).expect_err("refused");
            assert_eq!(
                rule, "must have between 1 and 10 characters, at least one of them visible",
                "{nothing:?}"
            );
            assert_eq!(tidy_text(&format!("\n{nothing}\t{nothing}\n")), "", "{nothing:?}");
            assert_eq!(name(&format!("{nothing}A"), 10).map(|name| name.ends_with('A')), Ok(true));
        }
        for shown in
            ["A", "ñ", "가", "❤️", "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}", "⠃", "-", "ㅤㅤ가"]
        {
            assert!(name(shown, 10).is_ok(), "{shown}");
        }
        assert!(name(&"ñ".repeat(11), 10).is_err());
        assert_eq!(optional(" \u{200e}", 3), Ok(None));
        assert_eq!(optional("four", 3), Err("must have at most 3 characters".to_owned()));
        assert_eq!(required("a\nb", 3), Ok("a\nb".to_owned()));
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

        #[test]
        fn marks_and_blanks_around_a_name_do_not_matter(
            before in prop::collection::vec(prop::sample::select(&NOTHING[5..]), 0..4),
            after in prop::collection::vec(prop::sample::select(&NOTHING[..]), 0..4),
            inside in prop::collection::vec(prop::sample::select(&NOTHING[..]), 0..4),
        ) {
            let text = |part: &[char]| part.iter().collect::<String>();
            let typed = format!("{}Ana{}Ruiz{}", text(&before), text(&inside), text(&after));
            let name = tidy(&typed);
            prop_assert!(name.starts_with("An"));
            prop_assert_eq!(tidy(&name), name.clone());
            prop_assert_eq!(trim_end(&name), name.as_str());
            let drops_off = ['\u{200e}', '\u{200f}', '\u{61c}', '\u{3164}', '\u{2800}', ' '];
            prop_assert!(!name.ends_with(drops_off));
            let nothing = format!("{}{}", text(&before), text(&after));
            prop_assert_eq!(tidy(&nothing), "");
        }
    }
}
