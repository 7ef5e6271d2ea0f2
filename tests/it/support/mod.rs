//! The harness: a server of its own for every test, on a database cloned from a template that is migrated and furnished
//! once. `CABINA_TEST_DB` chooses SQLite (the default) or PostgreSQL with Redis.

mod actor;
mod app;
mod collector;
mod database;
mod program;
mod screen;

pub use actor::{Actor, Answer, Refusals};
pub use app::{Setup, TestApp};
pub use collector::{Collector, Manner, Told};
pub use database::is_postgres;
pub use program::Program;
pub use screen::{Frame, Screen};
