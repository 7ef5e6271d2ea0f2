//! A page for people: one record, which they may change as a person in Odoo does.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde_json::Value as Json;

use super::json;
use super::server::SandboxOdoo;
use crate::integrations::odoo::Value;

pub(super) fn routes() -> Router<SandboxOdoo> {
    Router::new()
        .route("/web", get(|| async { Html(include_str!("record.html")) }))
        .route("/sandbox/records/{model}/{id}", get(show).post(change))
}

async fn show(State(odoo): State<SandboxOdoo>, Path((model, id)): Path<(String, i64)>) -> Response {
    match odoo.records(&model).into_iter().find(|record| record.id() == Ok(id)) {
        Some(record) => axum::Json(json::json(&Value::Map(record.0))).into_response(),
        None => (
            StatusCode::NOT_FOUND,
            "There is no such record: it was deleted, or the sandbox was started anew.",
        )
            .into_response(),
    }
}

/// An empty text clears.
async fn change(
    State(odoo): State<SandboxOdoo>,
    Path((model, id)): Path<(String, i64)>,
    body: Bytes,
) -> Response {
    let Ok(Json::Object(given)) = serde_json::from_slice::<Json>(&body) else {
        return (StatusCode::UNPROCESSABLE_ENTITY, "Send the fields as a JSON object.").into_response();
    };
    let cleared =
        |value: &Json| if value.as_str() == Some("") { Value::Bool(false) } else { json::value(value) };
    let values = given.iter().map(|(name, value)| (name.clone(), cleared(value))).collect();
    match odoo.try_edit(&model, id, values) {
        Ok(()) => show(State(odoo), Path((model, id))).await,
        Err(why) => (StatusCode::UNPROCESSABLE_ENTITY, why).into_response(),
    }
}
