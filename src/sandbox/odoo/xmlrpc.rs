//! XML-RPC: `/xmlrpc/2/common` and `/xmlrpc/2/object` (rule 1), and the older paths without the `2`.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;

use super::call::{Answer, Ask};
use super::control::{cut, whole};
use super::problem::Problem;
use super::server::{DATABASE, Outcome, SandboxOdoo};
use super::users;
use super::xml;
use crate::integrations::odoo::{Map, Value};
use crate::kernel::time::Instant;

pub(super) fn routes() -> Router<SandboxOdoo> {
    Router::new()
        .route(
            "/xmlrpc/2/common",
            post(|state, body| async { whole(served(state, "common", body, true)).await }),
        )
        .route(
            "/xmlrpc/2/object",
            post(|state, body| async { whole(served(state, "object", body, true)).await }),
        )
        .route(
            "/xmlrpc/common",
            post(|state, body| async { whole(served(state, "common", body, false)).await }),
        )
        .route(
            "/xmlrpc/object",
            post(|state, body| async { whole(served(state, "object", body, false)).await }),
        )
}

async fn served(
    State(odoo): State<SandboxOdoo>,
    service: &'static str,
    body: Bytes,
    second: bool,
) -> Response {
    let Some(began) = odoo.enter().await else { return cut() };
    let outcome = match xml::request(&body) {
        Ok((method, params)) => {
            dawdle(&odoo, &params).await;
            service_call(&odoo, began, service, &method, params)
        }
        Err(problem) => Outcome::Problem(problem),
    };
    let xml = match outcome {
        Outcome::Answer(answer) => answered(&answer),
        Outcome::Problem(problem) if second => fault(&problem),
        Outcome::Problem(problem) => older_fault(&problem),
        Outcome::Page(status, page) => return page_of(status, page),
        Outcome::Cut => return cut(),
    };
    ([("content-type", "text/xml; charset=utf-8")], xml).into_response()
}

/// A page that is not Odoo's.
pub(super) fn page_of(status: u16, page: &'static str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [("content-type", "text/html; charset=utf-8")], page).into_response()
}

/// What `dispatch_rpc` does, for XML-RPC and JSON-RPC alike.
pub(super) fn service_call(
    odoo: &SandboxOdoo,
    began: Instant,
    service: &str,
    method: &str,
    params: Vec<Value>,
) -> Outcome {
    match (service, method) {
        ("common", "version") => Outcome::Answer(Answer::Value(version(odoo.switches().version))),
        ("common", "authenticate" | "login") => match authenticate(odoo, &params) {
            Ok(answer) => Outcome::Answer(Answer::Value(answer)),
            Err(problem) => Outcome::Problem(problem),
        },
        ("object", "execute_kw" | "execute") => execute(odoo, began, params),
        ("common" | "object", _) => Outcome::Problem(Problem::name(format!("Method not available {method}"))),
        _ => Outcome::Problem(Problem::key(service)),
    }
}

fn version(major: u32) -> Value {
    let text = Value::from(format!("{major}.0"));
    let info = vec![
        Value::Int(major.into()),
        Value::Int(0),
        Value::Int(0),
        "final".into(),
        Value::Int(0),
        "".into(),
    ];
    Value::Map(vec![
        ("server_version".to_owned(), text.clone()),
        ("server_version_info".to_owned(), Value::List(info)),
        ("server_serie".to_owned(), text),
        ("protocol_version".to_owned(), Value::Int(1)),
    ])
}

/// Takes its time where calls of this method do; `params`: those of `execute_kw`.
pub(super) async fn dawdle(odoo: &SandboxOdoo, params: &[Value]) {
    odoo.dawdle(text(params.get(3)), text(params.get(4))).await;
}

fn text(value: Option<&Value>) -> &str {
    if let Some(Value::Text(text)) = value { text } else { "" }
}

fn authenticate(odoo: &SandboxOdoo, params: &[Value]) -> Result<Value, Problem> {
    known_database(text(params.first()))?;
    let world = odoo.world();
    let uid = users::authenticate(&world.store, &world.switches, text(params.get(1)), text(params.get(2)));
    Ok(uid.map_or(Value::Bool(false), Value::Int))
}

fn known_database(name: &str) -> Result<(), Problem> {
    if name == DATABASE { Ok(()) } else { Err(Problem::unknown_database(name)) }
}

fn execute(odoo: &SandboxOdoo, began: Instant, params: Vec<Value>) -> Outcome {
    let mut params = params.into_iter();
    let mut next = || params.next().unwrap_or(Value::Nil);
    let (database, uid, secret, model, method) = (next(), next(), next(), next(), next());
    let args = if let Value::List(args) = next() { args } else { Vec::new() };
    let given: Map = if let Value::Map(given) = next() { given } else { Map::new() };
    let (model, method) = (text(Some(&model)), text(Some(&method)));
    odoo.call(
        began,
        |world| {
            known_database(text(Some(&database)))?;
            let uid = uid.int().map_err(|_| Problem::denied())?;
            users::check(&world.store, &world.switches, uid, text(Some(&secret)))?;
            Ok(uid)
        },
        |world| {
            if world.store.model(model).is_none() {
                return Err(Problem::user(format!("Object {model} doesn't exist")));
            }
            Ask::positional(model, method, args, given)
        },
    )
}

fn answered(answer: &Answer) -> String {
    let written = match answer {
        Answer::Value(value) => xml::response(value),
        Answer::Nothing => None,
        Answer::ByNumber(map) if map.is_empty() => xml::response(&Value::Map(Map::new())),
        Answer::ByNumber(_) => {
            return unwritable("605, in dump_struct", "dictionary key must be string");
        }
    };
    written
        .unwrap_or_else(|| unwritable("540, in dump_nil", "cannot marshal None unless allow_none is enabled"))
}

/// The work is done and committed, and its answer does not fit (rule 20).
fn unwritable(frame: &str, why: &str) -> String {
    let last = format!("/opt/python/lib/python3.11/xmlrpc/client.py\", line {frame}");
    let traceback = Problem::python_type(why).traceback(&[
        "/opt/odoo/addons/rpc/controllers/xmlrpc.py\", line 162, in xmlrpc_2",
        "/opt/odoo/addons/rpc/controllers/xmlrpc.py\", line 135, in _xmlrpc",
        "/opt/odoo/addons/rpc/controllers/xmlrpc.py\", line 114, in dumps",
        "/opt/python/lib/python3.11/xmlrpc/client.py\", line 514, in dumps",
        "/opt/python/lib/python3.11/xmlrpc/client.py\", line 536, in __dump",
        &last,
    ]);
    xml::fault(Value::Int(1), traceback)
}

/// Code 1 with a traceback, the others with their message alone (rule 34).
fn fault(problem: &Problem) -> String {
    let code = problem.code();
    let text = if code == 1 {
        problem.traceback(&[
            "/opt/odoo/addons/rpc/controllers/xmlrpc.py\", line 162, in xmlrpc_2",
            "/opt/odoo/addons/rpc/controllers/xmlrpc.py\", line 134, in _xmlrpc",
            "/opt/odoo/odoo/http.py\", line 439, in dispatch_rpc",
            "/opt/odoo/odoo/service/model.py\", line 129, in dispatch",
            "/opt/odoo/odoo/service/model.py\", line 146, in execute_cr",
            "/opt/odoo/odoo/service/model.py\", line 184, in retrying",
        ])
    } else {
        problem.message.clone()
    };
    xml::fault(Value::Int(code), text)
}

/// The older paths put the message into the code.
fn older_fault(problem: &Problem) -> String {
    match problem.code() {
        1 => xml::fault(problem.message.as_str().into(), problem.traceback(&[])),
        3 => xml::fault("AccessDenied".into(), problem.message.clone()),
        4 => xml::fault(format!("warning -- AccessError\n\n{}", problem.message).into(), String::new()),
        _ => xml::fault(format!("warning -- UserError\n\n{}", problem.message).into(), String::new()),
    }
}
