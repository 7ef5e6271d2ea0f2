//! What stands in a field whose column was not asked for, so was not read. Nobody looks at it: the plan that left the
//! column out writes only what it read (`graphql/fast`).

use crate::kernel::time::Instant;

/// A value that can stand in for one that was not read.
pub trait Unread {
    /// The stand-in.
    fn unread() -> Self;
}

impl<T> Unread for Option<T> {
    fn unread() -> Self {
        None
    }
}

/// Types whose default is the stand-in.
#[macro_export]
macro_rules! unread_by_default {
    ($($type:ty),* $(,)?) => { $(
        impl $crate::kernel::Unread for $type {
            fn unread() -> Self {
                <$type>::default()
            }
        }
    )* };
}

unread_by_default!(bool, i32, i64, String, Instant, uuid::Uuid, serde_json::Value);
