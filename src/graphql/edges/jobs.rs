//! What dead letters tell besides their columns.

use crate::edges;
use crate::graphql::fast::Computed;
use crate::graphql::nodes::jobs::{DeadLetter, DeadLetterGroup};
use crate::graphql::scalars::Json;
use crate::kernel::time::Instant;
use crate::platform::jobs::dead::masked;

edges! {
    DeadLetter {
        /// What the work was about; what is named like a secret is masked.
        field payload: Computed<Json> = |letter, _| Computed(Json(masked(&letter.payload)));
        /// What went wrong the last time.
        field error: Computed<String> = |letter, _| Computed(letter.last_error.clone().unwrap_or_default());
        /// The same for all that failed in the same way.
        field fingerprint: Computed<String> = |letter, _| Computed(letter.fingerprint.clone().unwrap_or_default());
        /// When it was given up.
        field dead_at: Computed<Instant> = |letter, _| Computed(letter.dead_at.unwrap_or(letter.created_at));
    }
}

edges! { DeadLetterGroup {} }
