//! Streams: follows the events, judges each for its viewer at the moment of sending, and has the executor write one item
//! at a time.
//!
//! What is written for one viewer is sent to all who ask the same with the same visibility: a thousand equal subscriptions cost
//! one execution and one text an event.

mod figures;
mod filter;
mod frames;
mod pace;

use std::any::Any;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Request, ServerError};
use futures_util::StreamExt;
use tokio::sync::watch;

use filter::{StreamFilter, text};
pub use frames::Frames;
use frames::{Frame, Key, Written};
use pace::Pace;

use super::board::Board;
use super::context::Caller;
use super::documents;
use super::engine::{self, Answer, Cause, Engine, ExecOptions, Prepared};
use super::error;
use super::fast::Preloaded;
use super::live::{Current, Item};
use super::roots::live::{FIGURES, MOVED_SIGHT, topics_of};
use super::size::{self, Size};
use crate::domains::identity::live_session::LiveSession;
use crate::kernel::{Error, Result};
use crate::platform::auth::{Viewer, hash_secret};
use crate::platform::bus::{Cursor, Event, Follower, Gone};
use crate::platform::db::Reader;

/// How often an item is tried whose reading failed. While the database is away it is tried without an end.
const TRIES: u32 = 4;
/// The pause between two tries doubles so often, to 1.6 seconds.
const LONGEST: u32 = 5;

/// Whoever takes no item for so long, and falls out of the memory meanwhile, lags. A burst alone makes nobody lag.
const STALL: Duration = Duration::from_secs(2);

/// A subscription under way.
pub struct Stream {
    engine: Arc<Engine>,
    request: Request,
    prepared: Prepared,
    caller: Caller,
    session: Arc<LiveSession>,
    /// Who follows, as they are now: role and team may change while the stream runs.
    viewer: watch::Receiver<Arc<Viewer>>,
    topics: Vec<&'static str>,
    filter: StreamFilter,
    asked: String,
    /// The same together with the visibility of who follows: of many, and of one alone.
    seen_as: [Option<(Arc<Viewer>, Arc<str>)>; 2],
    follower: Follower,
    pending: VecDeque<Arc<Event>>,
    previous: Option<Cursor>,
    /// For figures, which are no items: where they stand.
    pace: Option<Pace>,
    sent: metrics::Counter,
    /// When it gave an item last.
    gave: tokio::time::Instant,
}

/// Why a stream ends, and the cursor to go on from.
struct Stop {
    at: Cursor,
    why: Arc<Error>,
}

/// Waits between two tries, longer from time to time.
#[derive(Default)]
struct Away {
    times: u32,
}

impl Away {
    async fn wait(&mut self) {
        self.times = self.times.saturating_add(1);
        tokio::time::sleep(Duration::from_millis(50 << self.times.min(LONGEST))).await;
    }
}

/// What a stream gives next.
pub enum Next {
    /// An item.
    Item {
        /// The response, as JSON text.
        text: Arc<str>,
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
        mut request: Request,
        caller: Caller,
        session: Arc<LiveSession>,
        resume: Option<&str>,
    ) -> Result<Stream, Box<Answer>> {
        let prepared =
            self.prepare(&mut request, &caller, ExecOptions { only_queries: false, raw_json: true })?;
        // Of its beginning: a stream goes on for hours.
        let span = engine::span(&request, &prepared.document);
        span.around(self.begin(request, prepared, caller, session, resume)).await
    }

    async fn begin(
        self: &Arc<Self>,
        request: Request,
        prepared: Prepared,
        caller: Caller,
        session: Arc<LiveSession>,
        resume: Option<&str>,
    ) -> Result<Stream, Box<Answer>> {
        let refuse = |errors| Box::new(Answer::refused(Cause::Document, errors, &caller.request_id));
        // Tried without an item: whatever is wrong with the document or its variables is told now.
        let judged = self.judge(&request, &prepared.document).await;
        if judged.is_err() {
            return Err(refuse(judged.errors));
        }
        let trial = self
            .request(&request, prepared.executed.parsed.clone(), &caller, prepared.raw_json)
            .data(Current::<Item>(None))
            .data(Current::<Board>(None));
        if let Some(mut response) = self.fast.execute_stream(trial).next().await
            && response.is_err()
        {
            self.name_places(&request, &prepared.document, &mut response.errors);
            return Err(refuse(response.errors));
        }
        let stream = self.open(request, prepared, caller.clone(), session, resume).await;
        stream.map_err(|error| refuse(vec![error::of_request(&error, &caller.request_id)]))
    }

    async fn open(
        self: &Arc<Self>,
        request: Request,
        prepared: Prepared,
        caller: Caller,
        session: Arc<LiveSession>,
        resume: Option<&str>,
    ) -> Result<Stream> {
        let operation = prepared.executed.operation();
        let field = operation.and_then(documents::only_field);
        let field =
            field.ok_or_else(|| Error::invalid("query", "a subscription asks for exactly one field"))?;
        let defaults =
            operation.map(|operation| operation.variable_definitions.as_slice()).unwrap_or_default();
        let known = |name: async_graphql::Name| {
            let default = defaults.iter().find(|definition| definition.node.name.node == name);
            let default =
                default.and_then(|definition| Some(definition.node.default_value.as_ref()?.node.clone()));
            Ok::<_, ()>(request.variables.get(&name).cloned().or(default).unwrap_or_default())
        };
        let argument = |name: &str| field.get_argument(name)?.node.clone().into_const_with(known).ok();
        let after = resume.map(str::to_owned).or_else(|| text(argument("after")));
        let after = after.map(|text| text.parse::<Cursor>()).transpose()?;
        let filter = StreamFilter::of(argument)?;
        let topics = topics_of(&field.name.node);
        let services = self.services();
        let mut away = Away::default();
        let follower = loop {
            match Follower::start(services.hub.clone(), services.database.clone(), after).await {
                Err(error) if error.is_away() => away.wait().await,
                started => break started?,
            }
        };
        let pace = (field.name.node == FIGURES).then(|| Pace::from(follower.at()));
        let asked = hash_secret(&format!(
            "{} {:?} {}",
            prepared.hash,
            request.operation_name,
            serde_json::to_string(&request.variables)?
        ));
        metrics::gauge!("cabina_streams_open").increment(1);
        Ok(Stream {
            engine: self.clone(),
            request,
            prepared,
            caller,
            viewer: session.viewer(),
            session,
            topics,
            filter,
            asked,
            seen_as: [None, None],
            follower,
            pending: VecDeque::new(),
            previous: after,
            pace,
            sent: metrics::counter!("cabina_stream_items_total"),
            gave: tokio::time::Instant::now(),
        })
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        metrics::gauge!("cabina_streams_open").decrement(1);
    }
}

impl Stream {
    /// The next item, or the end. When it is dropped before it gave one, nothing was taken.
    pub async fn next(&mut self) -> Next {
        if self.gave.elapsed() > STALL {
            self.follower.stall();
        }
        let next =
            if self.pace.is_some() { Box::pin(self.next_figures()).await } else { self.next_item().await };
        if next.is_ok() {
            self.sent.increment(1);
            self.gave = tokio::time::Instant::now();
        }
        next.unwrap_or_else(|Stop { at, why }| self.end(at, &why))
    }

    async fn next_item(&mut self) -> Result<Next, Stop> {
        loop {
            while let Some(event) = self.pending.front().cloned() {
                let written = self.write(&event).await;
                self.pending.pop_front();
                let (at, cursor) = (Cursor(event.position - 1), Cursor(event.position));
                if let Some(text) = written.map_err(|why| Stop { at, why })? {
                    self.previous = Some(cursor);
                    return Ok(Next::Item { text, cursor });
                }
            }
            let mut away = Away::default();
            let events = loop {
                match self.follower.next().await {
                    Err(Gone::Failed(_, error)) if error.is_away() => away.wait().await,
                    ended => break ended.map_err(|gone| self.stop(gone))?,
                }
            };
            let mut events = VecDeque::from(events);
            events.retain(|event| self.concerns(event) || event.topic == MOVED_SIGHT);
            self.pending = events; // it was empty
        }
    }

    fn stop(&self, gone: Gone) -> Stop {
        let (at, why) = match gone {
            // What comes from now on is kept: whoever fetches anew goes on from here.
            Gone::Expired => (Cursor(self.engine.services().hub.tail()), Error::CursorExpired),
            Gone::Lagged(at) => (at, Error::Lagged),
            Gone::Failed(at, error) => (at, error),
        };
        Stop { at, why: Arc::new(why) }
    }

    /// Whether there are events already that may give the next item.
    pub fn has_more(&self) -> bool {
        !self.pending.is_empty()
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
        metrics::counter!("cabina_streams_ended_total", "reason" => error::code(error)).increment(1);
        Next::End(Box::new(told))
    }

    /// Whether it follows events like this one.
    fn concerns(&self, event: &Event) -> bool {
        self.topics.contains(&event.topic.as_str()) && self.filter.holds(&event.audience)
    }

    async fn write(&mut self, event: &Arc<Event>) -> Result<Frame, Arc<Error>> {
        // One that does not say whom it is about, as this version cannot read it, may be about anybody.
        let for_me =
            |viewer: &Viewer| event.audience.user.is_none() || event.audience.heard_by(viewer).is_some();
        if event.topic == MOVED_SIGHT && for_me(&self.viewer.borrow()) {
            Box::pin(self.session.reload_viewer(event.position)).await;
        }
        if !self.concerns(event) {
            return Ok(None);
        }
        let viewer = self.viewer.borrow().clone();
        if event.audience.heard_by(&viewer).is_none() {
            return Ok(None);
        }
        let asked = self.asked(&viewer, event.audience.user.is_some());
        let (mut failures, mut away) = (Away::default(), Away::default());
        loop {
            let (moved, last) = (self.engine.services().hub.moved(), failures.times + 1 == TRIES);
            let key = Key { asked: asked.clone(), position: event.position, moved, previous: self.previous };
            match self.frame(key, || self.item(event, &viewer, last)).await {
                Err(error) if error.is_away() => away.wait().await,
                Err(_) if !last => failures.wait().await,
                ended => return ended,
            }
        }
    }

    /// What is asked, and with which visibility.
    fn asked(&mut self, viewer: &Arc<Viewer>, alone: bool) -> Arc<str> {
        let known = &mut self.seen_as[usize::from(alone)];
        match known {
            Some((of, asked)) if Arc::ptr_eq(of, viewer) => asked.clone(),
            _ => {
                let asked: Arc<str> =
                    hash_secret(&format!("{} {:?}", self.asked, viewer.visibility_key(alone))).into();
                *known = Some((viewer.clone(), asked.clone()));
                asked
            }
        }
    }

    /// What somebody else with the same visibility wrote of it, or what `write` gives.
    async fn frame<F: Future<Output = Result<Frame, Arc<Error>>>>(
        &self,
        key: Key,
        write: impl FnOnce() -> F,
    ) -> Result<Frame, Arc<Error>> {
        let frames = &self.engine.frames.0;
        let written = frames.get(&key).unwrap_or_else(|| frames.get_with(key.clone(), Written::default));
        if let Some(frame) = written.get() {
            return frame.clone();
        }
        let mut mine = false;
        // In a box, and made by the one who writes: it is large, and a thousand others only wait.
        let write = || {
            mine = true;
            Box::pin(write())
        };
        let frame = written.get_or_init(write).await.clone();
        match &frame {
            Ok(_) if mine => frames.insert(key, written), // good, and weighed, from now on
            Err(_) if mine => frames.invalidate(&key),    // the next one tries again
            _ => {}
        }
        frame
    }

    async fn item(&self, event: &Arc<Event>, viewer: &Arc<Viewer>, last: bool) -> Result<Frame, Arc<Error>> {
        let behind = self.pending.iter().skip(1);
        match self.engine.subjects.item(event, behind, viewer, self.previous).await? {
            Some(item) => self.execute(item.preloaded(), item, viewer, last).await,
            None => Ok(None),
        }
    }

    /// Has the executor write what is at hand.
    async fn execute<H: Any + Send + Sync>(
        &self,
        preloaded: Option<Preloaded>,
        current: H,
        viewer: &Arc<Viewer>,
        last: bool,
    ) -> Result<Frame, Arc<Error>> {
        let mut caller = self.caller.clone();
        caller.reader =
            Some(Reader { db: self.engine.services().database.own.clone(), viewer: viewer.clone() });
        let mut request = self
            .engine
            .request(&self.request, self.prepared.executed.parsed.clone(), &caller, self.prepared.raw_json)
            .data(Current(Some(current)))
            .data(Size::new(self.engine.largest()));
        if let Some(preloaded) = preloaded {
            request = request.data(preloaded);
        }
        // Validated when it began.
        let mut written = self.engine.fast.execute_stream(request);
        let response = tokio::time::timeout(self.engine.time_limit(), written.next()).await;
        let response = response.map_err(|_| Arc::new(Error::TimedOut))?;
        let response = response.ok_or_else(|| Arc::new(Error::internal("a stream gave no item")))?;
        let causes = || response.errors.iter().filter_map(error::known);
        let cause = || format!("an item could not be written: {:?}", response.errors).into();
        if causes().any(Error::is_away) {
            return Err(Arc::new(Error::Unavailable { provider: "the database", cause: cause() }));
        }
        // Most likely lost between two readings: judged again. Other errors are the document's.
        let passing = |error: &Error| matches!(error, Error::NotFound | Error::TimedOut | Error::Internal(_));
        if !last && causes().any(passing) {
            return Err(Arc::new(Error::Internal(cause())));
        }
        let mut response = response;
        self.engine.name_places(&self.request, &self.prepared.document, &mut response.errors);
        let response = error::translate(response, &self.caller.request_id);
        let most = self.engine.largest();
        Ok(Some(size::text(&response, true, most, &self.caller.request_id).into()))
    }
}
