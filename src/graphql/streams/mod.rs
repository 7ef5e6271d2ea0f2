//! Streams: follows the events, judges each for its viewer at the moment of sending, and has the executor write one item
//! at a time.
//!
//! What is written for one viewer is sent to all who ask the same with the same eyes: a thousand equal subscriptions cost
//! one execution and one text an event.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Request, ServerError, Value};
use futures_util::StreamExt;
use tokio::sync::watch;

use super::context::Caller;
use super::documents;
use super::engine::{Answer, Cause, Engine, Manner, Prepared};
use super::error;
use super::fast::to_json;
use super::live::AtHand;
use super::roots::live::topics_of;
use crate::kernel::ids::ClientId;
use crate::kernel::{Error, Result};
use crate::platform::auth::{Eyes, Viewer, hash_secret};
use crate::platform::bus::{Cursor, Event, Follower, Gone};
use crate::platform::db::Reader;

/// Frames are good for others for so long.
const FRESH: Duration = Duration::from_secs(1);
/// Bytes of frames kept.
const KEPT: u64 = 32 * 1024 * 1024;
/// How often an item is tried whose reading failed.
const TRIES: u32 = 4;

/// What makes a frame the same for two subscribers.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    asked: Arc<str>,
    position: i64,
    moved: i64,
    previous: Option<Cursor>,
    eyes: Eyes,
}

/// The text of an item; none when the viewer gets nothing of the event.
type Frame = Option<Arc<[u8]>>;

/// Frames written lately.
pub struct Frames(moka::future::Cache<Key, Frame>);

impl Default for Frames {
    fn default() -> Self {
        let weigh = |_: &Key, frame: &Frame| {
            u32::try_from(frame.as_ref().map_or(0, |text| text.len()) + 200).unwrap_or(u32::MAX)
        };
        Frames(moka::future::Cache::builder().max_capacity(KEPT).weigher(weigh).time_to_live(FRESH).build())
    }
}

/// A subscription under way.
pub struct Stream {
    engine: Arc<Engine>,
    request: Request,
    prepared: Prepared,
    caller: Caller,
    /// Who follows, as they are now: role and team may change while the stream runs.
    viewer: watch::Receiver<Arc<Viewer>>,
    topics: &'static [&'static str],
    client: Option<ClientId>,
    asked: Arc<str>,
    follower: Follower,
    pending: VecDeque<Arc<Event>>,
    previous: Option<Cursor>,
}

/// What a stream gives next.
pub enum Next {
    /// An item.
    Item {
        /// The response, as JSON text.
        text: Arc<[u8]>,
        /// Where it stands.
        cursor: Cursor,
    },
    /// The end, with its reason.
    End(Box<ServerError>),
}

impl Engine {
    /// Begins a stream. `resume` is a cursor told by the transport; it goes before the document's.
    ///
    /// # Errors
    /// An answer with the reasons.
    pub async fn follow(
        self: &Arc<Self>,
        request: Request,
        caller: Caller,
        viewer: watch::Receiver<Arc<Viewer>>,
        resume: Option<&str>,
    ) -> Result<Stream, Box<Answer>> {
        let prepared = self.prepare(&request, &caller, Manner { only_queries: false, raw_json: true })?;
        let refuse = |errors| Box::new(Answer::refused(Cause::Document, errors, &caller.request_id));
        // Tried without an item: whatever is wrong with the document or its variables is told now.
        let trial = self.request(&request, &prepared.document, &caller, prepared.raw_json).data(AtHand(None));
        if let Some(response) = self.strict.execute_stream(trial).next().await
            && response.is_err()
        {
            return Err(refuse(response.errors));
        }
        let stream = self.open(request, prepared, caller.clone(), viewer, resume).await;
        stream.map_err(|error| refuse(vec![error::of_request(&error, &caller.request_id)]))
    }

    async fn open(
        self: &Arc<Self>,
        request: Request,
        prepared: Prepared,
        caller: Caller,
        viewer: watch::Receiver<Arc<Viewer>>,
        resume: Option<&str>,
    ) -> Result<Stream> {
        let document = &prepared.document.parsed;
        let operation = documents::operation(document, request.operation_name.as_deref());
        let field = operation.and_then(|operation| documents::only_field(document, operation));
        let field =
            field.ok_or_else(|| Error::invalid("query", "a subscription asks for exactly one field"))?;
        let defaults =
            operation.map(|operation| operation.variable_definitions.as_slice()).unwrap_or_default();
        let known = |name: async_graphql::Name| {
            let default = defaults.iter().find(|definition| definition.node.name.node == name);
            let default =
                default.and_then(|definition| Some(definition.node.default_value.as_ref()?.node.clone()));
            request.variables.get(&name).cloned().or(default).ok_or(())
        };
        let argument = |name: &str| match field.get_argument(name)?.node.clone().into_const_with(known) {
            Ok(Value::String(text)) => Some(text),
            _ => None,
        };
        let after = resume.map(str::to_owned).or_else(|| argument("after"));
        let after = after.map(|text| text.parse::<Cursor>()).transpose()?;
        let client = argument("clientId").map(|text| text.parse()).transpose();
        let client = client.map_err(|_| Error::invalid("clientId", "is no id of a client"))?;
        let topics = topics_of(&field.name.node);
        let services = self.services();
        let follower = Follower::start(services.hub.clone(), services.database.clone(), after).await?;
        let asked = hash_secret(&format!(
            "{} {:?} {}",
            prepared.hash,
            request.operation_name,
            serde_json::to_string(&request.variables)?
        ));
        Ok(Stream {
            engine: self.clone(),
            request,
            prepared,
            caller,
            viewer,
            topics,
            client,
            asked: asked.into(),
            follower,
            pending: VecDeque::new(),
            previous: after,
        })
    }
}

impl Stream {
    /// The next item, or the end. When it is dropped before it gave one, nothing was taken.
    pub async fn next(&mut self) -> Next {
        loop {
            while let Some(event) = self.pending.front().cloned() {
                let written = self.write(&event).await;
                self.pending.pop_front();
                match written {
                    Ok(None) => {}
                    Ok(Some(text)) => {
                        let cursor = Cursor(event.position);
                        self.previous = Some(cursor);
                        return Next::Item { text, cursor };
                    }
                    Err(error) => return self.end(Cursor(event.position - 1), &error),
                }
            }
            match self.follower.next().await {
                Ok(events) => self.pending.extend(events),
                // What comes from now on is kept: whoever fetches anew goes on from here.
                Err(Gone::Expired) => {
                    return self.end(Cursor(self.engine.services().hub.tail()), &Error::CursorExpired);
                }
                Err(Gone::Lagged(at)) => return self.end(at, &Error::Lagged),
                Err(Gone::Failed(at, error)) => return self.end(at, &error),
            }
        }
    }

    /// Where it stands: everything up to here was sent or is not for this viewer.
    pub fn at(&self) -> Cursor {
        match self.pending.front() {
            Some(event) => Cursor(event.position - 1),
            None => self.follower.at(),
        }
    }

    /// The end, with the cursor to go on from.
    pub fn end(&self, at: Cursor, error: &Error) -> Next {
        let mut told = error::of_request(error, &self.caller.request_id);
        told.extensions.get_or_insert_default().set("cursor", at.to_string());
        Next::End(Box::new(told))
    }

    async fn write(&self, event: &Arc<Event>) -> Result<Frame, Arc<Error>> {
        if !self.topics.contains(&event.topic.as_str()) {
            return Ok(None);
        }
        if self.client.is_some_and(|client| event.audience.client != Some(client.into())) {
            return Ok(None);
        }
        let viewer = self.viewer.borrow().clone();
        if event.audience.heard_by(&viewer).is_none() {
            return Ok(None);
        }
        let mut failures = 0;
        loop {
            let key = Key {
                asked: self.asked.clone(),
                position: event.position,
                moved: self.engine.services().hub.moved(),
                previous: self.previous,
                eyes: viewer.eyes(event.audience.user.is_some()),
            };
            let last = failures + 1 == TRIES;
            match self.engine.frames.0.try_get_with(key, self.execute(event, &viewer, last)).await {
                Err(error) if last => return Err((*error).clone()),
                Err(_) => {
                    failures += 1;
                    tokio::time::sleep(Duration::from_millis(50 << failures)).await;
                }
                Ok(frame) => return Ok(frame),
            }
        }
    }

    async fn execute(
        &self,
        event: &Arc<Event>,
        viewer: &Arc<Viewer>,
        last: bool,
    ) -> Result<Frame, Arc<Error>> {
        let item = self.engine.subjects.item(event, viewer, self.previous).await?;
        let Some(item) = item else { return Ok(None) };
        let mut caller = self.caller.clone();
        caller.reader =
            Some(Reader { db: self.engine.services().database.own.clone(), viewer: viewer.clone() });
        let request = self
            .engine
            .request(&self.request, &self.prepared.document, &caller, self.prepared.raw_json)
            .data(AtHand(Some(item)));
        // Validated when it began.
        let response = self.engine.fast.execute_stream(request).next().await;
        let response = response.ok_or_else(|| Arc::new(Error::internal("a stream gave no item")))?;
        // Most likely lost between two readings, or the database was away: judged again. Other errors are the document's.
        let passing = |error: &ServerError| {
            let ours = error.source::<Error>().or_else(|| error.source::<Arc<Error>>().map(|error| &**error));
            matches!(ours, Some(Error::NotFound | Error::Unavailable { .. } | Error::Internal(_)))
        };
        if !last && response.errors.iter().any(passing) {
            return Err(Arc::new(Error::internal(format!(
                "an item could not be written: {:?}",
                response.errors
            ))));
        }
        let response = error::translate(response, &self.caller.request_id);
        Ok(Some(to_json(&response, true).into()))
    }
}
