//! What may be written into a client's fields: each is checked here, for create and update alike.

use super::rules::ClientErrorCode as Code;
use super::tables::client::{Address, Tags};
use crate::kernel::contact::{Email, Phone};
use crate::kernel::error::Check;
use crate::kernel::{tax_id, text};

const NAME_MAX: usize = 200;
const TAG_MAX: usize = 40;
const TAGS_MAX: usize = 30;
const ADDRESS_LINE_MAX: usize = 200;

/// Checks a name.
pub fn name(check: &mut Check<Code>, value: &str) -> Option<String> {
    check.take(Code::Invalid, "name", text::name(value, NAME_MAX))
}

/// Checks an e-mail address.
pub fn email(check: &mut Check<Code>, value: &str) -> Option<String> {
    check.take(Code::Invalid, "email", Email::parse(value)).map(|email| email.as_str().to_owned())
}

/// Checks a phone number; national ones are read in the market's country.
pub fn phone(check: &mut Check<Code>, value: &str, country: Option<&str>) -> Option<String> {
    check.take(Code::Invalid, "phone", Phone::parse(value, country)).map(|phone| phone.as_str().to_owned())
}

/// Checks a tax id by the rules of the market's country.
pub fn tax_id(check: &mut Check<Code>, value: &str, country: Option<&str>) -> Option<String> {
    check.take(Code::Invalid, "taxId", tax_id::check(country.unwrap_or(""), value)).map(|id| id.value)
}

/// Checks tags: tidied, no two alike.
pub fn tags(check: &mut Check<Code>, values: Vec<String>) -> Tags {
    let mut tags: Vec<String> = Vec::new();
    for value in values {
        let tag = text::name(&value, TAG_MAX).map_err(|rule| format!("each tag {rule}"));
        let Some(tag) = check.take(Code::Invalid, "tags", tag) else { continue };
        if !tags.iter().any(|known| text::fold(known) == text::fold(&tag)) {
            tags.push(tag);
        }
    }
    if tags.len() > TAGS_MAX {
        check.refuse(Code::Invalid, "tags", format!("there may be at most {TAGS_MAX} tags"));
    }
    Tags(tags)
}

/// Checks an address; one without any line is none.
pub fn address(check: &mut Check<Code>, value: Address) -> Option<Address> {
    let Address { street, city, region, postal_code, country } = value;
    let mut line = |field: &str, value: Option<String>| {
        let value = text::tidy(&value?);
        if value.chars().count() > ADDRESS_LINE_MAX {
            let rule = format!("must have at most {ADDRESS_LINE_MAX} characters");
            check.refuse(Code::Invalid, &format!("address.{field}"), rule);
        }
        Some(value).filter(|value| !value.is_empty())
    };
    let address = Address {
        street: line("street", street),
        city: line("city", city),
        region: line("region", region),
        postal_code: line("postalCode", postal_code),
        country: line("country", country),
    };
    if address.country.as_ref().is_some_and(|c| c.len() != 2 || !c.chars().all(|c| c.is_ascii_uppercase())) {
        check.refuse(
            Code::Invalid,
            "address.country",
            "must be two upper-case letters (ISO 3166-1), such as MX",
        );
    }
    Some(address).filter(|address| *address != Address::default())
}
