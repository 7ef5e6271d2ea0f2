//! The database: connecting, reading for a viewer, keyset pages, and the transaction that carries with its data all
//! that a change owes (audit, outbox, jobs).

mod change;
mod connect;
mod contention;
mod delete;
mod kinds;
mod locks;
mod many;
mod numbers;
mod pages;
mod positional;
mod range;
mod reader;
mod redaction;
mod sound;
mod synced;
pub mod tables;
mod time_limit;
mod tx;
mod visible;

pub use change::{
    Announcement, Audience, Change, ChangeKind, Channel, FieldChange, Heard, Owner, Span, differences,
};
pub use connect::{Database, connect, sqlite_folder};
pub use contention::retried;
pub use delete::delete_all;
pub use kinds::{Kind, Seen, Table, Thing};
pub use locks::lock_keys;
pub use many::{among, insert_all, update_all};
pub use numbers::{Gaps, NumberSeries};
pub use pages::{
    DEFAULT_PAGE, Direction, Keyset, MAX_PAGE, PageArgs, PageQuery, Row, Rows, SortColumn, SortKey,
};
pub use positional::{Cells, ColumnSet, Positional};
pub use range::Between;
pub use reader::Reader;
pub use redaction::ERASED;
pub use synced::{Mark, Synced, mark};
pub use tx::{NewJob, Origin, Tx};
pub use visible::{Visible, all_rows, none, of_view, visible_by_owner};
