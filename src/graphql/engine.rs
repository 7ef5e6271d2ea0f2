//! One request, whatever brought it: find the document, measure it, take its points, execute, translate the errors.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{Request, Response, ServerError, Value};

use super::board::Boards;
use super::context::{Caller, Services, account};
use super::documents::{self, Asked, Document, Documents, Executed, Measured, Refused};
use super::error;
use super::fast::{Loads, RawJson, to_json};
use super::live::SubjectLoader;
use super::roots::live::TOPICS;
use super::schema::{self, Schema};
use super::size::{self, Size};
use super::streams::Frames;
use crate::kernel::{Error, Result};
use crate::platform::config::Config;
use crate::platform::limits::{Points, QuotaState};
use crate::platform::telemetry::{Kind, Span};

/// A refused document costs a point for so many bytes when it was only read.
const READ: usize = 128;
/// The same when it was parsed.
const PARSED: usize = 8;

/// What answers requests.
pub struct Engine {
    judge: Schema,
    /// It validates nothing: see `execute`.
    pub(super) fast: Schema,
    documents: Documents,
    points: Points,
    config: Arc<Config>,
    services: Services,
    pub(super) subjects: SubjectLoader,
    /// Frames that were written for one viewer, for others who are sent the same.
    pub(super) frames: Frames,
    /// Figures, likewise.
    pub(super) boards: Boards,
}

/// How a request may be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExecOptions {
    /// Refuses mutations (requests by GET).
    pub only_queries: bool,
    /// The transport writes with `fast::to_json`.
    pub raw_json: bool,
}

/// An answer, with what the transport must know.
pub struct Answer {
    /// The answer.
    pub response: Response,
    /// Its text.
    pub text: String,
    /// Why the request was not executed, if so.
    pub refused: Option<Cause>,
    /// The caller's quota; `None` when nothing was spent.
    pub quota: Option<QuotaState>,
}

impl Answer {
    /// To a request that is not executed.
    pub fn refused(cause: Cause, errors: Vec<ServerError>, request_id: &str) -> Answer {
        let response = error::translate(Response::from_errors(errors), request_id);
        let text = to_json(&response, false);
        Answer { response, text, refused: Some(cause), quota: None }
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
    /// It took too long, and was stopped.
    Stopped,
}

/// A request that may be executed.
pub(super) struct Prepared {
    /// The document's hash.
    pub hash: String,
    /// The document.
    pub document: Arc<Document>,
    /// What is executed of it.
    pub executed: Arc<Executed>,
    is_query: bool,
    /// Whether the answer may be written by plans.
    pub raw_json: bool,
    cost: u64,
    quota: QuotaState,
}

impl Engine {
    /// Builds the schemas.
    ///
    /// # Errors
    /// When the file of trusted documents cannot be read.
    pub fn new(config: Arc<Config>, services: Services) -> Result<Self> {
        let introspection = config.http.introspection;
        let subjects = SubjectLoader::new(services.database.clone(), services.hub.clone(), TOPICS);
        let boards = Boards::new(
            services.database.clone(),
            services.hub.clone(),
            services.authenticator.clock.clone(),
        );
        Ok(Engine {
            judge: schema::judge(introspection),
            fast: schema::build(services.clone(), subjects.clone(), introspection),
            documents: Documents::new(
                config.http.trusted_documents.as_deref(),
                schema::types(),
                config.limits.clone(),
            )?,
            points: Points::new(config.limits.points_per_minute),
            config,
            services,
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
        found.is_ok_and(|found| {
            let operation = documents::operation(&found.document.parsed, request.operation_name.as_deref());
            operation.is_some_and(documents::is_subscription)
        })
    }

    /// Takes points for something other than GraphQL from the bucket of this account.
    pub fn spend(&self, account: &str, points: u64) -> QuotaState {
        self.points.spend(account, points)
    }

    /// Finds and measures what a request asks for, and takes its points; its variables are coerced. Who is refused pays
    /// for what it took to find that out.
    pub(super) fn prepare(
        &self,
        request: &mut Request,
        caller: &Caller,
        options: ExecOptions,
    ) -> Result<Prepared, Box<Answer>> {
        let request_id = &caller.request_id;
        let viewer = caller.reader.as_ref().map(|reader| &*reader.viewer);
        let account = account(viewer, caller.address.as_deref());
        let spend = |points: u64| {
            let quota = self.points.spend(&account, points);
            if quota.allowed {
                return Ok(quota);
            }
            let error = error::of_request(&Error::Throttled { retry_after: quota.reset }, request_id);
            let answer = Answer::refused(Cause::Throttled, vec![error], request_id);
            Err(Box::new(Answer { quota: Some(quota), ..answer }))
        };
        let refuse = |cause, error: ServerError, points| match spend(points) {
            Ok(quota) => {
                let answer = Answer::refused(cause, vec![error], request_id);
                Box::new(Answer { quota: Some(quota), ..answer })
            }
            Err(throttled) => throttled,
        };
        let parsed = points_of(request.query.len(), PARSED);
        let sha256 = persisted_hash(request);
        let asked = Asked { query: &request.query, sha256: sha256.as_deref() };
        let found = self.documents.find(&asked).map_err(|refused| {
            let points = if refused.was_parsed() { parsed } else { points_of(request.query.len(), READ) };
            refuse(cause_of(&refused), told(refused, request_id), points)
        })?;
        let document = found.document.clone();
        let Some(operation) = documents::operation(&document.parsed, request.operation_name.as_deref())
        else {
            let message = "operationName must name one of the document's operations";
            return Err(refuse(Cause::Document, ServerError::new(message, None), parsed));
        };
        let is_query = documents::is_query(operation);
        if options.only_queries && !is_query {
            let message = "GET is for queries: send this with POST";
            return Err(refuse(Cause::Method, ServerError::new(message, None), parsed));
        }
        let measured = self.documents.measure(&document, operation, std::mem::take(&mut request.variables));
        let Measured { executed, variables, cost } = measured
            .map_err(|error| refuse(Cause::Document, error::of_request(&error, request_id), parsed))?;
        // Validating a document costs as much as reading it.
        let validation = if document.is_proven() { 0 } else { (request.query.len() / PARSED) as u64 };
        let quota = spend(cost.saturating_add(validation))?;
        request.variables = variables;
        self.documents.keep(&found);
        let raw_json = options.raw_json && executed.is_mergeable;
        Ok(Prepared { hash: found.hash, document, executed, is_query, raw_json, cost, quota })
    }

    /// Answers a request.
    pub async fn answer(&self, mut request: Request, caller: Caller, options: ExecOptions) -> Answer {
        let prepared = match self.prepare(&mut request, &caller, options) {
            Ok(prepared) => prepared,
            Err(refused) => return *refused,
        };
        let span = span(&request, &prepared.document);
        let answer = span.around(self.answer_prepared(request, prepared, caller)).await;
        let coded = |error: &ServerError| Some(error.extensions.as_ref()?.get("code")?.clone());
        let faults = ["INTERNAL", "UNAVAILABLE", "TIMEOUT"].map(|code| (code, Value::from(code)));
        let codes: Vec<Value> = answer.response.errors.iter().filter_map(coded).collect();
        if let Some((code, _)) = faults.iter().find(|(_, fault)| codes.contains(fault)) {
            span.fail(*code);
        }
        answer
    }

    async fn answer_prepared(&self, request: Request, prepared: Prepared, caller: Caller) -> Answer {
        let Prepared { document, executed, is_query, raw_json, cost: points, quota, .. } = prepared;
        // Read before the query: whoever follows from here on gets all that the answer does not hold yet.
        let cursor = if is_query { self.services.hub.known().await.ok() } else { None };
        let executed = Arc::unwrap_or_clone(executed).parsed;
        let size = Size::new(self.largest());
        let ready = self.request(&request, executed, &caller, raw_json).data(size.clone());
        let execution = self.execute(&request, ready, &document, is_query);
        // What is not waited for any more is dropped, with all that it began.
        let response = tokio::select! {
            biased;
            response = execution => Some(response),
            () = size.exceeded(), if is_query => None,
            () = tokio::time::sleep(self.time_limit()) => {
                let stopped = vec![error::of_request(&Error::TimedOut, &caller.request_id)];
                let refused = Answer::refused(Cause::Stopped, stopped, &caller.request_id);
                return Answer { quota: Some(quota), ..refused };
            }
        };
        // A mutation does what else is to be done, and tells the error in its place.
        let response = response.filter(|_| !(is_query && size.is_exceeded()));
        let mut response = response.unwrap_or_else(|| {
            let error = Error::TooLarge { most: self.largest() };
            Response::from_errors(vec![error::of_request(&error, &caller.request_id)])
        });
        self.name_places(&request, &document, &mut response.errors);
        let request_error = response.errors.iter().all(|e| e.path.is_empty()) && response.data == Value::Null;
        let request_error = request_error && !size.is_exceeded();
        let refused = (response.is_err() && request_error).then_some(Cause::Document);
        let mut response = error::translate(response, &caller.request_id);
        response.extensions.insert("cost".to_owned(), cost(points, &quota));
        if let Some(cursor) = cursor {
            response.extensions.insert("cursor".to_owned(), Value::String(cursor.to_string()));
        }
        let text = size::text(&response, refused.is_none(), self.largest(), &caller.request_id);
        Answer { response, text, refused, quota: Some(quota) }
    }

    /// Time for one request, and for one item of a stream.
    pub(super) fn time_limit(&self) -> Duration {
        self.config.limits.request_timeout
    }

    /// Bytes of the largest answer.
    pub(super) fn largest(&self) -> usize {
        self.config.limits.answer
    }

    /// Executes what was made `ready` for the executor. A query is validated once: the next time what the executor stumbles
    /// over without an error of ours is told by validation.
    async fn execute(
        &self,
        asked: &Request,
        ready: Request,
        document: &Document,
        is_query: bool,
    ) -> Response {
        let is_proven = is_query && document.is_proven();
        if !is_proven {
            let judged = self.judge(asked, document).await;
            if judged.is_err() {
                return judged;
            }
            document.prove();
        }
        let response = self.fast.execute(ready).await;
        if is_proven && response.errors.iter().any(|error| error.source.is_none()) {
            let judged = self.judge(asked, document).await;
            if judged.is_err() {
                return judged;
            }
        }
        response
    }

    /// Names the places of values that were refused while they were read.
    pub(super) fn name_places(&self, asked: &Request, document: &Document, errors: &mut [ServerError]) {
        self.documents.name_places(document, &asked.variables, errors);
    }

    /// Validates a document with the variables of a request; an answer with errors says what is wrong.
    pub(super) async fn judge(&self, asked: &Request, document: &Document) -> Response {
        let mut request = Request::new("").variables(asked.variables.clone());
        request.operation_name.clone_from(&asked.operation_name);
        request.set_parsed_query(document.parsed.clone());
        self.judge.execute(request).await
    }

    /// The request as the executor takes it, with what its resolvers need.
    pub(super) fn request(
        &self,
        asked: &Request,
        executed: ExecutableDocument,
        caller: &Caller,
        raw_json: bool,
    ) -> Request {
        let mut request = Request::new("").variables(asked.variables.clone()).data(caller.clone());
        request.set_parsed_query(executed);
        if let Some(reader) = &caller.reader {
            // Its usual delay of a millisecond gathers the keys of a level; only the ordinary executor waits for it.
            request = request.data(Loads::loader(reader.clone()));
        }
        if raw_json {
            request = request.data(RawJson);
        }
        request
    }
}

/// The step of an operation; on a websocket it is the first one.
pub(super) fn span(request: &Request, document: &Document) -> Span {
    let title = || documents::title(&document.parsed, request.operation_name.as_deref());
    let kind = if Span::is_under_way() { Kind::Internal } else { Kind::Server };
    let span = Span::begin(kind, || match title() {
        (operation, Some(name)) => format!("{operation} {name}"),
        (operation, None) => operation.to_owned(),
    });
    if span.is_told() {
        let (operation, name) = title();
        span.set("graphql.operation.type", operation);
        if let Some(name) = name {
            span.set("graphql.operation.name", name);
        }
    }
    span
}

fn cost(points: u64, quota: &QuotaState) -> Value {
    Value::from_json(serde_json::json!({
        "requested": points,
        "limit": quota.limit,
        "remaining": quota.remaining,
        "resetSeconds": quota.reset,
    }))
    .unwrap_or_default()
}

/// The points of a refused document.
fn points_of(bytes: usize, a_point: usize) -> u64 {
    1 + (bytes / a_point) as u64
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
fn told(refused: Refused, request_id: &str) -> ServerError {
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
        Refused::TooLarge(error) | Refused::Wrong(error) => error::of_request(&error, request_id),
        Refused::Syntax(error) => *error,
    }
}
