//! JSON-2, from 19 on: `POST /json/2/<model>/<method>` and `GET /web/version` (rule 3).

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use serde_json::{Value as Json, json};

use super::call::{Answer, Ask};
use super::control::{cut, whole};
use super::json;
use super::problem::Problem;
use super::server::{DATABASE, Outcome, SandboxOdoo};
use super::users;
use super::xmlrpc::page_of;
use crate::integrations::odoo::{Map, Value};

const NO_DATABASE: &str = "<!DOCTYPE html>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>No database is selected and the requested URL was \
                           not found in the server-wide controllers.</p>\n<p>Please verify the hostname, <a href=/web/login>login</a> and try \
                           again.</p>\n\n<!-- Alternatively, use the X-Odoo-Database header. -->\n";
const NOT_FOUND: &str = "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>The requested URL was not found on the \
                         server. If you entered the URL manually please check your spelling and try again.</p>\n";
const WRONG_TYPE: &str = "<!doctype html>\n<html lang=en>\n<title>415 Unsupported Media Type</title>\n<h1>Unsupported Media Type</h1>\n<p>Request \
                          inferred type is compatible with [&#39;http&#39;] but &#39;/json/2/&lt;__model__&gt;/&lt;__method__&gt;&#39; is \
                          type=&#39;json2&#39;.<br><br>Please verify the Content-Type request header and try again.</p>\n";

pub(super) fn routes() -> Router<SandboxOdoo> {
    Router::new().route("/web/version", get(version)).route("/json/2/{model}/{method}", any(detached))
}

async fn version(State(odoo): State<SandboxOdoo>) -> Response {
    if odoo.enter().await.is_none() {
        return cut();
    }
    let major = odoo.switches().version;
    if major < 19 {
        return page_of(404, NOT_FOUND);
    }
    let answer = json!({ "version_info": [major, 0, 0, "final", 0, ""], "version": format!("{major}.0") });
    told(200, &answer)
}

async fn detached(
    State(odoo): State<SandboxOdoo>,
    Path((model, method)): Path<(String, String)>,
    verb: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    whole(served(odoo, model, method, verb, headers, body)).await
}

async fn served(
    odoo: SandboxOdoo,
    model: String,
    method: String,
    verb: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(began) = odoo.enter().await else { return cut() };
    odoo.dawdle(&model, &method).await;
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if odoo.switches().version < 19 {
        return page_of(404, NOT_FOUND);
    }
    if header("x-odoo-database").is_some_and(|name| name != DATABASE) {
        return page_of(404, NO_DATABASE);
    }
    if verb != Method::POST {
        return refused(&Problem::not_found("Did you mean POST /json/2/<model>/<method>?"));
    }
    if !header("content-type").is_some_and(|kind| kind.starts_with("application/json")) {
        return page_of(415, WRONG_TYPE);
    }
    let key = header("authorization").and_then(|text| {
        let (kind, key) = text.split_once(' ')?;
        kind.eq_ignore_ascii_case("bearer").then(|| key.trim())
    });
    let outcome = odoo.call(
        began,
        |world| match key {
            None => Err(Problem::unauthorized(
                "User not authenticated, use an API Key with a Bearer Authorization header.",
            )),
            Some(key) => users::by_key(&world.store, &world.switches, key)
                .ok_or_else(|| Problem::unauthorized("Invalid apikey")),
        },
        |world| {
            let given = parameters(&body)?;
            if world.store.model(&model).is_none() {
                return Err(Problem::not_found(format!("the model '{model}' does not exist")));
            }
            Ask::named(&model, &method, given)
        },
    );
    match outcome {
        Outcome::Answer(answer) => told(200, &bare(answer, &method)),
        Outcome::Problem(problem) => refused(&problem),
        Outcome::Page(status, page) => page_of(status, page),
        Outcome::Cut => cut(),
    }
}

/// One object; anything else that is JSON counts as an empty one.
fn parameters(body: &[u8]) -> Result<Map, Problem> {
    let parsed: Json = serde_json::from_slice(body).map_err(|cause| {
        let (line, column) = (cause.line(), cause.column());
        Problem::bad_request(format!(
            "could not parse the body as json: Expecting value: line {line} column {} (char {column})",
            column + 1
        ))
    })?;
    Ok(if let Value::Map(given) = json::value(&parsed) { given } else { Map::new() })
}

/// The bare answer. What is made is told in a list, also when it is one (rule 16).
fn bare(answer: Answer, method: &str) -> Json {
    match answer {
        Answer::Value(Value::Int(id)) if method == "create" => json!([id]),
        Answer::Value(value) => json::json(&value),
        Answer::Nothing => Json::Null,
        Answer::ByNumber(map) => json::json(&Value::Map(map)),
    }
}

fn refused(problem: &Problem) -> Response {
    let data = json::problem(
        problem,
        &[
            "/opt/odoo/odoo/http.py\", line 2273, in _serve_db",
            "/opt/odoo/odoo/http.py\", line 2608, in dispatch",
            "/opt/odoo/addons/rpc/controllers/json2.py\", line 82, in web_json_2_rpc",
        ],
    );
    let mut response = told(problem.status(), &data);
    if problem.status() == 401 {
        response.headers_mut().insert("www-authenticate", axum::http::HeaderValue::from_static("Bearer "));
    }
    response
}

fn told(status: u16, answer: &Json) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [("content-type", "application/json; charset=utf-8")], answer.to_string()).into_response()
}
