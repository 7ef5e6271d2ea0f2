//! The database: connecting, reading for a viewer, keyset pages, and the transaction that carries with its data all
//! that a change owes (audit, outbox, jobs).

mod change;
mod connect;
mod contention;
mod kinds;
mod locks;
mod many;
mod pages;
mod positional;
mod reader;
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
pub use kinds::{Kind, Seen, Table, Thing};
pub use locks::lock_keys;
pub use many::{among, delete_all, insert_all, update_all};
pub use pages::{DEFAULT_PAGE, Direction, Keyset, MAX_PAGE, PageArgs, PageQuery, Row, Rows, SortColumn};
pub use positional::{Cells, ColumnSet, Positional};
pub use reader::Reader;
pub use synced::{Mark, Synced, mark};
pub use tx::{NewJob, Origin, Tx};
pub use visible::{Visible, all_rows, none, of_view, visible_by_owner};
