//! Errors as callers see them: a code, a sentence, the request's id; never a cause.

use std::sync::Arc;

use async_graphql::{ErrorExtensionValues, Response, ServerError};

use crate::kernel::Error;

/// The code of an error, as in `extensions.code`.
pub fn code(error: &Error) -> &'static str {
    match error {
        Error::Unauthenticated => "UNAUTHENTICATED",
        Error::Forbidden(_) => "FORBIDDEN",
        Error::NotFound | Error::Invalid { .. } | Error::Usage(_) => "BAD_INPUT",
        Error::IdempotencyMismatch => "IDEMPOTENCY_MISMATCH",
        Error::CursorExpired => "CURSOR_EXPIRED",
        Error::Lagged => "LAGGED",
        Error::Throttled { .. } => "THROTTLED",
        Error::Unavailable { .. } | Error::Contended { .. } => "UNAVAILABLE",
        Error::TimedOut => "TIMEOUT",
        Error::TooLarge { .. } => "ANSWER_TOO_LARGE",
        Error::Internal(_) | Error::Taken { .. } | Error::Replayed(_) => "INTERNAL",
    }
}

/// Most errors in one answer; a thousand more of the same help nobody.
const MAX_ERRORS: usize = 20;

/// Gives every error its code and the request's id, and logs the faults with their causes.
pub fn translate(mut response: Response, request_id: &str) -> Response {
    let all = response.errors.len();
    response.errors.truncate(MAX_ERRORS);
    for error in &mut response.errors {
        let known = known(error);
        let code = match known {
            Some(known) => {
                log(known, error, request_id);
                code(known)
            }
            // What has no source of ours was refused by the executor: the document or its variables are wrong.
            None => "BAD_INPUT",
        };
        if error.extensions.as_ref().is_some_and(|told| told.get("code").is_some()) {
            error.extensions.get_or_insert_default().set("requestId", request_id);
            continue; // it was coded where it was made
        }
        if known.is_none() {
            error.message = readable(&error.message);
        }
        set(error, code, request_id);
    }
    if all > MAX_ERRORS {
        tracing::info!(request_id, all, "only the first errors were sent");
    }
    response
}

/// The error of ours behind one of the executor's.
pub fn known(error: &ServerError) -> Option<&Error> {
    error.source::<Error>().or_else(|| error.source::<Arc<Error>>().map(|error| &**error))
}

/// An error of ours, outside of any field.
pub fn of_request(error: &Error, request_id: &str) -> ServerError {
    let mut told = ServerError::new(error.to_string(), None);
    log(error, &told, request_id);
    set(&mut told, code(error), request_id);
    told
}

fn set(error: &mut ServerError, code: &str, request_id: &str) {
    let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
    extensions.set("code", code);
    extensions.set("requestId", request_id);
}

fn log(error: &Error, told: &ServerError, request_id: &str) {
    if let Error::TimedOut = error {
        tracing::warn!(request_id, "a request took too long and was stopped");
    }
    if let Error::Internal(cause)
    | Error::Unavailable { cause, .. }
    | Error::Taken { cause, .. }
    | Error::Contended { cause } = error
    {
        let path: Vec<String> = told.path.iter().map(|segment| format!("{segment:?}")).collect();
        tracing::error!(request_id, path = path.join("."), cause = %cause, "a request failed");
    }
}

/// What the executor tells of a value of a type that was wrong.
fn wrong_value(message: &str) -> Option<(&str, &str)> {
    let message = message.split(" (occurred while parsing").next().unwrap_or(message);
    message.strip_prefix("Failed to parse \"")?.split_once("\": ")
}

/// The rule that the executor tells of a value that was wrong.
pub fn rule(message: &str) -> Option<&str> {
    Some(wrong_value(message)?.1)
}

/// Takes the executor's own words out of messages about wrong values.
fn readable(message: &str) -> String {
    if let Some((kind, why)) = wrong_value(message) {
        return format!("{kind}: {why}");
    }
    // The arguments of directives are the one place where it offers names though it was told not to.
    let message = match message.split_once(" Did you mean") {
        Some((error, _)) if message.contains("\" on directive \"") => error,
        _ => message,
    };
    message.to_owned()
}
