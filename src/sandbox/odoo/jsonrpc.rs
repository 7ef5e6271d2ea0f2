//! JSON-RPC: `/jsonrpc` (rule 2). Always HTTP 200; a None is answered without `result` (rule 20).

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value as Json, json};

use super::call::Answer;
use super::control::{cut, whole};
use super::json;
use super::server::{Outcome, SandboxOdoo};
use super::xmlrpc::{dawdle, page_of, service_call};
use crate::integrations::odoo::Value;

pub(super) fn routes() -> Router<SandboxOdoo> {
    Router::new().route("/jsonrpc", post(|state, body| async { whole(served(state, body)).await }))
}

async fn served(State(odoo): State<SandboxOdoo>, body: Bytes) -> Response {
    let Some(began) = odoo.enter().await else { return cut() };
    let Ok(request) = serde_json::from_slice::<Json>(&body) else {
        return (StatusCode::BAD_REQUEST, "Invalid JSON data").into_response();
    };
    let params = &request["params"];
    let text = |name: &str| params[name].as_str().unwrap_or_default();
    let args: Vec<Value> = params["args"].as_array().into_iter().flatten().map(json::value).collect();
    dawdle(&odoo, &args).await;
    let mut answer = json!({ "jsonrpc": "2.0", "id": request["id"] });
    match service_call(&odoo, began, text("service"), text("method"), args) {
        Outcome::Answer(Answer::Nothing | Answer::Value(Value::Nil)) => {}
        Outcome::Answer(Answer::Value(value)) => answer["result"] = json::json(&value),
        Outcome::Answer(Answer::ByNumber(map)) => answer["result"] = json::json(&Value::Map(map)),
        Outcome::Problem(problem) => {
            let data = json::problem(
                &problem,
                &[
                    "/opt/odoo/odoo/http.py\", line 2273, in _serve_db",
                    "/opt/odoo/addons/rpc/controllers/jsonrpc.py\", line 16, in jsonrpc",
                    "/opt/odoo/odoo/http.py\", line 439, in dispatch_rpc",
                    "/opt/odoo/odoo/service/model.py\", line 129, in dispatch",
                ],
            );
            answer["error"] = json!({ "code": 0, "message": "Odoo Server Error", "data": data });
        }
        Outcome::Page(status, page) => return page_of(status, page),
        Outcome::Cut => return cut(),
    }
    ([("content-type", "application/json; charset=utf-8")], answer.to_string()).into_response()
}
