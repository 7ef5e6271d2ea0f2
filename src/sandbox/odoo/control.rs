//! The sandbox's own pages: what is in it, and its switches; and how a connection is cut.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value as Json, json};

use super::server::SandboxOdoo;

pub(super) fn routes() -> Router<SandboxOdoo> {
    Router::new().route("/sandbox", get(overview)).route("/sandbox/switches", get(switches).post(change))
}

/// How many records, calls, and the switches.
async fn overview(State(odoo): State<SandboxOdoo>) -> Response {
    let records: serde_json::Map<String, Json> = {
        let world = odoo.world();
        let counts = world.store.models().map(|model| (model.name.clone(), world.store.count(&model.name)));
        counts.filter(|(_, count)| *count > 0).map(|(name, count)| (name, count.into())).collect()
    };
    told(&json!({
        "records": records,
        "calls": odoo.calls(),
        "callsByMethod": odoo.counts(),
        "switches": odoo.switches(),
        "change": "POST /sandbox/switches with any of the switches, such as {\"down\": true}",
    }))
}

async fn switches(State(odoo): State<SandboxOdoo>) -> Response {
    told(&json!(odoo.switches()))
}

async fn change(State(odoo): State<SandboxOdoo>, body: Bytes) -> Response {
    let read = serde_json::from_slice(&body).map_err(|cause| cause.to_string());
    match read.and_then(|by: Json| odoo.switches().changed(&by)) {
        Ok(switches) => {
            odoo.set(switches);
            told(&json!(odoo.switches()))
        }
        Err(why) => (StatusCode::UNPROCESSABLE_ENTITY, format!("{why}\n")).into_response(),
    }
}

fn told(answer: &Json) -> Response {
    let text = format!("{answer:#}\n");
    ([("content-type", "application/json; charset=utf-8")], text).into_response()
}

/// The date that an answer shows is the server's, also when its clock is wrong.
pub(super) async fn dated(State(odoo): State<SandboxOdoo>, mut response: Response) -> Response {
    let date = odoo.now().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(date) = date.parse() {
        response.headers_mut().insert("date", date);
    }
    response
}

/// Does a request's work to its end, also when the client went away meanwhile (rule 23).
pub(super) async fn whole(work: impl Future<Output = Response> + Send + 'static) -> Response {
    let done = tokio::spawn(work).await;
    done.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// No answer: a body that fails before its first byte makes the server close the connection, with nothing sent.
pub(super) fn cut() -> Response {
    let broken = futures_util::stream::once(async { Err::<Bytes, _>(std::io::Error::other("cut")) });
    Response::new(Body::from_stream(broken))
}
