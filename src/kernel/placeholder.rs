//! Values for the fields of a row whose columns were not read because nobody asked for them. They are never shown: a plan
//! writes only the columns that it read (`graphql/fast`).

use crate::kernel::time::{Day, Instant};

/// A type that has a value for columns that were not read.
pub trait Placeholder {
    /// That value.
    fn placeholder() -> Self;
}

impl<T> Placeholder for Option<T> {
    fn placeholder() -> Self {
        None
    }
}

/// Implements `Placeholder` by the default of each type.
#[macro_export]
macro_rules! default_placeholders {
    ($($type:ty),* $(,)?) => { $(
        impl $crate::kernel::Placeholder for $type {
            fn placeholder() -> Self {
                <$type>::default()
            }
        }
    )* };
}

default_placeholders!(bool, i32, i64, String, Instant, Day, uuid::Uuid, serde_json::Value);
