//! The tax ids that Odoo takes, country by country; these are its rules, not ours.

use chrono::NaiveDate;

/// The normal form of a tax id; else what Odoo says about it. Countries without rules here take anything.
pub(super) fn checked(country: &str, given: &str, name: &str) -> Result<String, String> {
    if given == "/" || country.is_empty() {
        return Ok(given.to_owned()); // a slash says that there is none
    }
    if given.chars().count() == 1 {
        return Err("To explicitly indicate no (valid) VAT, use '/' instead. ".to_owned());
    }
    let (is_valid, example): (fn(&str) -> bool, _) = match country {
        "MX" => (mexican, "GODE561231GR8"),
        "ES" => (spanish, "ESA12345674"),
        _ => return Ok(given.to_owned()),
    };
    let normal: String = given.chars().filter(|c| !" -_./".contains(*c)).collect::<String>().to_uppercase();
    if is_valid(&normal) {
        return Ok(normal);
    }
    Err(format!(
        "\nThe VAT number [{normal}] for partner [{name}] does not seem to be valid.  \nNote: the expected format is {example}"
    ))
}

/// Three or four letters, a day, three characters. The last one is not checked.
fn mexican(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    let Some(name) = letters.len().checked_sub(9).filter(|name| (3..=4).contains(name)) else { return false };
    let day: String = letters[name..name + 6].iter().collect();
    // Without a century: 1930 to 2029 is as good as any.
    let century = if day.as_str() > "30" { "19" } else { "20" };
    let is_letter = |c: &char| c.is_ascii_uppercase() || ['&', 'Ñ'].contains(c);
    letters[..name].iter().all(is_letter)
        && day.chars().all(|c| c.is_ascii_digit())
        && NaiveDate::parse_from_str(&format!("{century}{day}"), "%Y%m%d").is_ok()
        && letters[name + 6..].iter().all(|c| is_letter(c) || c.is_ascii_digit())
}

/// DNI, NIE or CIF, with or without ES before it.
fn spanish(text: &str) -> bool {
    let text = text.strip_prefix("ES").unwrap_or(text);
    let Some((first, rest)) = text.split_at_checked(1).filter(|_| text.len() == 9 && text.is_ascii()) else {
        return false;
    };
    let (middle, last) = rest.split_at(7);
    if !middle.bytes().all(|c| c.is_ascii_digit()) {
        return false;
    }
    let lead = match first {
        "X" | "K" | "L" | "M" => "0",
        "Y" => "1",
        "Z" => "2",
        digit if digit.bytes().all(|c| c.is_ascii_digit()) => digit,
        _ => return company(first, middle, last),
    };
    let number: usize = format!("{lead}{middle}").parse().unwrap_or_default();
    "TRWAGMYFPDXBNJZSQVHLCKE".get(number % 23..=number % 23) == Some(last)
}

fn company(first: &str, middle: &str, last: &str) -> bool {
    let sum: u32 = middle
        .bytes()
        .enumerate()
        .map(|(at, digit)| {
            let digit = u32::from(digit - b'0');
            let twice = digit * 2;
            if at % 2 == 0 { twice / 10 + twice % 10 } else { digit }
        })
        .sum();
    let check = (10 - sum % 10) % 10;
    let at = usize::try_from(check).unwrap_or_default();
    let letter = "JABCDEFGHI".get(at..=at) == Some(last);
    let digit = last == check.to_string();
    match first {
        "P" | "Q" | "R" | "S" | "N" | "W" => letter,
        "A" | "B" | "E" | "H" => digit,
        _ => "CDFGJUV".contains(first) && (letter || digit),
    }
}
