//! What a message says without the values in it, so that failures of one kind are one group.

/// What stands for a value.
const VALUE: &str = "#";
/// Quotation marks, those that close for those that open.
const QUOTES: &[(char, char)] = &[('\'', '\''), ('"', '"'), ('«', '»'), ('“', '”'), ('‘', '’')];

/// The first line of a message without numbers, addresses, what stands in square brackets and what is quoted after a colon;
/// `quoted`: without anything that is quoted.
pub(super) fn gist(message: &str, quoted: bool) -> String {
    let line = message.trim().lines().next().unwrap_or_default();
    let line = line.split_once(": '").map_or(line, |(before, _)| before);
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        let left = match c {
            '[' => bracketed(after),
            _ if quoted && !text.ends_with(char::is_alphanumeric) => quotation(c, after),
            _ => None,
        };
        if let Some(left) = left {
            text.push_str(VALUE);
            rest = left;
        } else {
            text.push(c);
            rest = after;
        }
    }
    let words =
        text.split(' ').map(|word| if is_value(word) { without_value(word) } else { word.to_owned() });
    words.collect::<Vec<_>>().join(" ")
}

/// What comes behind the bracket that closes this one.
fn bracketed(inside: &str) -> Option<&str> {
    let mut depth = 1;
    for (at, c) in inside.char_indices() {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(&inside[at + 1..]);
        }
    }
    None
}

/// What comes behind the mark that closes this one: one that stands within a word is an apostrophe.
fn quotation(open: char, inside: &str) -> Option<&str> {
    let (_, close) = QUOTES.iter().find(|(known, _)| *known == open)?;
    inside
        .match_indices(*close)
        .map(|(at, mark)| &inside[at + mark.len()..])
        .find(|left| !left.starts_with(char::is_alphanumeric))
}

/// Numbers, ids with digits in them, addresses.
fn is_value(word: &str) -> bool {
    word.contains(|c: char| c.is_ascii_digit() || c == '@')
}

/// The marks around a word stay.
fn without_value(word: &str) -> String {
    let (start, end) = (word.find(char::is_alphanumeric), word.rfind(char::is_alphanumeric));
    let (Some(start), Some(end)) = (start, end) else { return word.to_owned() };
    let end = end + word[end..].chars().next().map_or(1, char::len_utf8);
    format!("{}{VALUE}{}", &word[..start], &word[end..])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_are_left_out_and_words_stay() {
        for (message, left) in [
            (
                "\nThe VAT number [GODE561399GR8] for partner [Luz [MX]] does not seem to be valid.  \nNote: …",
                "The VAT number # for partner # does not seem to be valid.  ",
            ),
            ("The name 'Toxic 0' is refused by a rule.", "The name # is refused by a rule."),
            ("The name 'D'Artagnan' isn't known", "The name # isn't known"),
            ("El nombre «Peña» no existe", "El nombre # no existe"),
            ("The entry 12 (id 7) must be in draft.", "The entry # (id #) must be in draft."),
            ("Invalid address rosa@cabina.example, sorry", "Invalid address #, sorry"),
            ("Another one has AGS-000123.", "Another one has #."),
            ("An open [bracket and 'quote", "An open [bracket and 'quote"),
            ("", ""),
        ] {
            assert_eq!(gist(message, true), left);
        }
        assert_eq!(gist("Invalid field 'x' on 'res.partner'", false), "Invalid field 'x' on 'res.partner'");
    }

    proptest! {
        #[test]
        fn whatever_the_values_the_gist_is_one(
            name in "[A-Za-zÑñáé'. ]{0,12}", other in "[A-Za-z&. ]{0,12}", id in "[A-Z0-9]{1,12}", number in 0_u32..99999,
        ) {
            let say = |name: &str, id: &str, number: u32| {
                gist(&format!("The number [{id}] of [{name}] and “{name}” is refused ({number})."), true)
            };
            prop_assert_eq!(say(&name, &id, number), say(&other, "A", 7));
        }

        #[test]
        fn any_text_has_a_gist(text in any::<String>(), quoted: bool) {
            gist(&text, quoted);
        }
    }
}
