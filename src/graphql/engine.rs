//! One request, whatever brought it: find the document, measure it, take its points, execute, translate the errors.

use std::sync::Arc;

use async_graphql::dataloader::DataLoader;
use async_graphql::{Request, Response, ServerError, ValidationMode, Value};

use super::board::Boards;
use super::context::{Caller, Services, account};
use super::documents::{self, Asked, Document, Documents, Refused};
use super::error;
use super::fast::{Loads, RawJson};
use super::live::Subjects;
use super::roots::live::TOPICS;
use super::schema::{self, Schema};
use super::streams::Frames;
use crate::kernel::{Error, Result};
use crate::platform::config::Config;
use crate::platform::limits::{Points, Standing};
use crate::platform::telemetry::{Kind, Step};

/// What answers requests.
pub struct Engine {
    pub(super) strict: Schema,
    /// For documents that were validated before. It checks no variables: see `execute`.
    pub(super) fast: Schema,
    documents: Documents,
    points: Points,
    config: Arc<Config>,
    services: Services,
    pub(super) subjects: Subjects,
    /// Frames that were written for one viewer, for others who are sent the same.
    pub(super) frames: Frames,
    /// Figures, likewise.
    pub(super) boards: Boards,
}

/// How a request may be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// Only queries (GET).
    pub only_queries: bool,
    /// The transport writes with `fast::to_json`.
    pub raw_json: bool,
}

/// An answer, with what the transport must know.
pub struct Answer {
    /// The answer.
    pub response: Response,
    /// Why the request was not executed, if so.
    pub refused: Option<Cause>,
    /// How the caller stands; `None` when nothing was spent.
    pub standing: Option<Standing>,
}

impl Answer {
    /// To a request that is not executed.
    pub fn refused(cause: Cause, errors: Vec<ServerError>, request_id: &str) -> Answer {
        let response = error::translate(Response::from_errors(errors), request_id);
        Answer { response, refused: Some(cause), standing: None }
    }
}

/// Why a request was not executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The document or its variables are wrong.
    Document,
    /// There is no document.
    NoDocument,
    /// A mutation by GET.
    Method,
    /// Too many points.
    Throttled,
}

/// A request that may be executed.
pub(super) struct Prepared {
    /// The document's hash.
    pub hash: String,
    /// The document.
    pub document: Arc<Document>,
    is_query: bool,
    /// Whether the answer may be written by plans.
    pub raw_json: bool,
    cost: u64,
    standing: Standing,
}

impl Engine {
    /// Builds the schemas.
    ///
    /// # Errors
    /// When the file of trusted documents cannot be read.
    pub fn new(config: Arc<Config>, services: Services) -> Result<Self> {
        let introspection = config.http.introspection;
        let subjects = Subjects::new(services.database.clone(), services.hub.clone(), TOPICS);
        let boards =
            Boards::new(services.database.clone(), services.hub.clone(), services.door.clock.clone());
        Ok(Engine {
            strict: schema::build(services.clone(), subjects.clone(), introspection, ValidationMode::Strict),
            fast: schema::build(services.clone(), subjects.clone(), introspection, ValidationMode::Fast),
            documents: Documents::new(config.http.trusted_documents.as_deref())?,
            points: Points::new(config.limits.points_per_minute),
            services,
            config,
            subjects,
            frames: Frames::default(),
            boards,
        })
    }

    /// The server's parts.
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// Whether a request asks for a stream; unknown and wrong documents do not.
    pub fn is_stream(&self, request: &Request) -> bool {
        let sha256 = persisted_hash(request);
        let found = self.documents.find(&Asked { query: &request.query, sha256: sha256.as_deref() });
        found.is_ok_and(|(_, document)| {
            let operation = documents::operation(&document.parsed, request.operation_name.as_deref());
            operation.is_some_and(documents::is_subscription)
        })
    }

    /// Takes points for something other than GraphQL from the bucket of this account.
    pub fn spend(&self, account: &str, points: u64) -> Standing {
        self.points.spend(account, points)
    }

    /// Finds and measures what a request asks for, and takes its points.
    pub(super) fn prepare(
        &self,
        request: &Request,
        caller: &Caller,
        manner: Manner,
    ) -> Result<Prepared, Box<Answer>> {
        let request_id = &caller.request_id;
        let refuse = |cause, error: ServerError| Box::new(Answer::refused(cause, vec![error], request_id));
        let sha256 = persisted_hash(request);
        let asked = Asked { query: &request.query, sha256: sha256.as_deref() };
        let (hash, document) = match self.documents.find(&asked) {
            Ok(found) => found,
            Err(refused) => return Err(refuse(cause_of(&refused), told(refused))),
        };
        let Some(operation) = documents::operation(&document.parsed, request.operation_name.as_deref())
        else {
            let message = "operationName must name one of the document's operations";
            return Err(refuse(Cause::Document, ServerError::new(message, None)));
        };
        let is_query = documents::is_query(operation);
        if manner.only_queries && !is_query {
            let message = "GET is for queries: send this with POST";
            return Err(refuse(Cause::Method, ServerError::new(message, None)));
        }
        let measured = documents::check_variables(operation, &request.variables).and_then(|()| {
            documents::measure(&document.parsed, operation, &request.variables, &self.config.limits)
        });
        let measure = match measured {
            Ok(measure) => measure,
            Err(error) => return Err(refuse(Cause::Document, error::of_request(&error, request_id))),
        };
        let viewer = caller.reader.as_ref().map(|reader| &*reader.viewer);
        let account = account(viewer, caller.address.as_deref());
        let standing = self.points.spend(&account, measure.cost);
        if !standing.allowed {
            let error = error::of_request(&Error::Throttled { retry_after: standing.reset }, request_id);
            return Err(Box::new(Answer { standing: Some(standing), ..*refuse(Cause::Throttled, error) }));
        }
        let raw_json = manner.raw_json && document.is_mergeable(operation);
        Ok(Prepared { hash, document, is_query, raw_json, cost: measure.cost, standing })
    }

    /// Answers a request.
    pub async fn answer(&self, request: Request, caller: Caller, manner: Manner) -> Answer {
        let prepared = match self.prepare(&request, &caller, manner) {
            Ok(prepared) => prepared,
            Err(refused) => return *refused,
        };
        let step = step(&request, &prepared.document);
        let answer = step.around(self.answer_prepared(request, prepared, caller)).await;
        let coded = |error: &ServerError| Some(error.extensions.as_ref()?.get("code")?.clone());
        if answer.response.errors.iter().filter_map(coded).any(|code| code == Value::from("INTERNAL")) {
            step.fail("INTERNAL");
        }
        answer
    }

    async fn answer_prepared(&self, request: Request, prepared: Prepared, caller: Caller) -> Answer {
        let Prepared { hash, document, is_query, raw_json, cost: points, standing } = prepared;
        // Read before the query: whoever follows from here on gets all that the answer does not hold yet.
        let cursor = if is_query { self.services.hub.known().await.ok() } else { None };
        let response =
            self.execute(&request, &document, &caller, raw_json, is_query.then_some(hash.as_str())).await;
        let request_error = response.errors.iter().all(|e| e.path.is_empty()) && response.data == Value::Null;
        let refused = (response.is_err() && request_error).then_some(Cause::Document);
        let mut response = error::translate(response, &caller.request_id);
        response.extensions.insert("cost".to_owned(), cost(points, &standing));
        if let Some(cursor) = cursor {
            response.extensions.insert("cursor".to_owned(), Value::String(cursor.to_string()));
        }
        Answer { response, refused, standing: Some(standing) }
    }

    /// Executes; `query` is the hash of a document that only reads.
    async fn execute(
        &self,
        request: &Request,
        document: &Document,
        caller: &Caller,
        raw_json: bool,
        query: Option<&str>,
    ) -> Response {
        let run = |schema| self.run(schema, request, document, caller, raw_json);
        let Some(hash) = query else { return run(&self.strict).await };
        if self.documents.is_proven(hash) {
            let response = run(&self.fast).await;
            // The fast schema checks no variables. What it stumbles over without an error of ours, the strict one tells.
            let ours = response.errors.iter().all(|error| error.source.is_some());
            return if ours { response } else { run(&self.strict).await };
        }
        let response = run(&self.strict).await;
        if response.is_ok() {
            self.documents.prove(hash);
        }
        response
    }

    async fn run(
        &self,
        schema: &Schema,
        asked: &Request,
        document: &Document,
        caller: &Caller,
        raw_json: bool,
    ) -> Response {
        schema.execute(self.request(asked, document, caller, raw_json)).await
    }

    /// The request as the executor takes it, with what its resolvers need.
    pub(super) fn request(
        &self,
        asked: &Request,
        document: &Document,
        caller: &Caller,
        raw_json: bool,
    ) -> Request {
        let mut request = Request::new("").variables(asked.variables.clone()).data(caller.clone());
        request.operation_name.clone_from(&asked.operation_name);
        request.set_parsed_query(document.parsed.clone());
        if let Some(reader) = &caller.reader {
            // Its usual delay of a millisecond gathers the keys of a level; only the ordinary executor waits for it.
            let loader = DataLoader::new(Loads(reader.clone()), tokio::spawn);
            request = request.data(loader);
        }
        if raw_json {
            request = request.data(RawJson);
        }
        request
    }
}

/// The step of an operation; on a websocket it is the first one.
pub(super) fn step(request: &Request, document: &Document) -> Step {
    let title = || documents::title(&document.parsed, request.operation_name.as_deref());
    let kind = if Step::is_under_way() { Kind::Internal } else { Kind::Server };
    let step = Step::begin(kind, || match title() {
        (operation, Some(name)) => format!("{operation} {name}"),
        (operation, None) => operation.to_owned(),
    });
    if step.is_told() {
        let (operation, name) = title();
        step.set("graphql.operation.type", operation);
        if let Some(name) = name {
            step.set("graphql.operation.name", name);
        }
    }
    step
}

fn cost(points: u64, standing: &Standing) -> Value {
    Value::from_json(serde_json::json!({
        "requested": points,
        "limit": standing.limit,
        "remaining": standing.remaining,
        "resetSeconds": standing.reset,
    }))
    .unwrap_or_default()
}

fn persisted_hash(request: &Request) -> Option<String> {
    match request.extensions.get("persistedQuery") {
        Some(Value::Object(fields)) => match fields.get("sha256Hash") {
            Some(Value::String(hash)) => Some(hash.clone()),
            _ => None,
        },
        _ => None,
    }
}

fn cause_of(refused: &Refused) -> Cause {
    match refused {
        Refused::Missing => Cause::NoDocument,
        _ => Cause::Document,
    }
}

/// The words that Apollo's clients look for stand in message and code.
fn told(refused: Refused) -> ServerError {
    let coded = |message: &str, code: &str| {
        let mut error = ServerError::new(message, None);
        error.extensions.get_or_insert_default().set("code", code);
        error
    };
    match refused {
        Refused::Missing => ServerError::new("query must hold a document", None),
        Refused::NotFound => coded("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND"),
        Refused::HashMismatch => {
            ServerError::new("extensions.persistedQuery.sha256Hash is not the hash of query", None)
        }
        Refused::NotTrusted => coded("only trusted documents are answered here", "DOCUMENT_NOT_TRUSTED"),
        Refused::Syntax(error) => *error,
    }
}
