//! Media types, as GraphQL over HTTP orders them (GraphQL over HTTP, sections 4 and 6).

use axum::http::{HeaderMap, header};

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// `application/json`: 200 for everything that is well-formed.
    Json,
    /// `application/graphql-response+json`: the status tells whether the request was executed.
    GraphqlResponse,
}

impl Media {
    /// The header's value.
    pub fn content_type(self) -> &'static str {
        match self {
            Media::Json => "application/json; charset=utf-8",
            Media::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        }
    }
}

/// What the caller accepts; `None`: nothing that we write. Without a wish it is JSON.
pub fn accepted(headers: &HeaderMap) -> Option<Media> {
    let mut best: Option<(f32, u8, Media)> = None;
    let mut wishes =
        headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).peekable();
    wishes.peek()?;
    for wish in wishes.flat_map(|value| value.split(',')) {
        let mut parts = wish.split(';').map(str::trim);
        let (media, exact) = match parts.next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "application/graphql-response+json" => (Media::GraphqlResponse, 2),
            "application/json" => (Media::Json, 1),
            "*/*" | "application/*" => (Media::Json, 0),
            _ => continue,
        };
        let mut quality = 1.0;
        let mut readable = true;
        for parameter in parts {
            match parameter.split_once('=') {
                Some((name, value)) if name.eq_ignore_ascii_case("q") => {
                    quality = value.parse().unwrap_or(0.0)
                }
                Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
                    readable = value.trim_matches('"').eq_ignore_ascii_case("utf-8");
                }
                _ => {}
            }
        }
        if readable && quality > 0.0 && best.is_none_or(|(q, e, _)| (quality, exact) > (q, e)) {
            best = Some((quality, exact, media));
        }
    }
    best.map(|(.., media)| media)
}

/// Whether a body is JSON in UTF-8: other types could be sent by a foreign page without asking (CSRF).
pub fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = value.split(';').map(str::trim);
    let json = parts.next().is_some_and(|media| media.eq_ignore_ascii_case("application/json"));
    json && parts.all(|parameter| match parameter.split_once('=') {
        Some((name, charset)) if name.eq_ignore_ascii_case("charset") => {
            charset.trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    })
}

/// Reads what a request accepts, with JSON where it does not say.
pub fn media(headers: &HeaderMap) -> Option<Media> {
    if headers.contains_key(header::ACCEPT) { accepted(headers) } else { Some(Media::Json) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().expect("a header"))])
    }

    #[test]
    fn what_is_accepted() {
        use Media::{GraphqlResponse, Json};
        assert_eq!(media(&HeaderMap::new()), Some(Json));
        for (wish, media_type) in [
            ("*/*", Some(Json)),
            ("application/json", Some(Json)),
            ("application/graphql-response+json", Some(GraphqlResponse)),
            ("application/json, application/graphql-response+json", Some(GraphqlResponse)),
            ("application/json, application/graphql-response+json;q=0.5", Some(Json)),
            ("application/graphql-response+json; charset=utf-8", Some(GraphqlResponse)),
            ("application/json; charset=latin1", None),
            ("text/html", None),
            ("text/html, */*;q=0.1", Some(Json)),
        ] {
            assert_eq!(media(&with(header::ACCEPT, wish)), media_type, "{wish}");
        }
    }

    #[test]
    fn which_bodies_are_read() {
        for (value, fits) in [
            ("application/json", true),
            ("Application/JSON; charset=UTF-8", true),
            ("application/json; charset=latin1", false),
            ("text/plain", false),
            ("multipart/form-data", false),
            ("", false),
        ] {
            assert_eq!(is_json(&with(header::CONTENT_TYPE, value)), fits, "{value}");
        }
    }
}
