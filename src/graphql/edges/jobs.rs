//! What dead letters tell besides their columns.

use crate::edges;
use crate::graphql::fast::Computed;
use crate::graphql::nodes::jobs::{DeadLetter, DeadLetterGroup, JobUnderWay};
use crate::graphql::scalars::Json;
use crate::kernel::time::Instant;
use crate::platform::db::tables::job;
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
edges! { JobUnderWay {} }

impl From<job::Model> for JobUnderWay {
    fn from(job: job::Model) -> Self {
        let count = |number: Option<i64>| number.map(|number| i32::try_from(number).unwrap_or(i32::MAX));
        JobUnderWay {
            id: job.id,
            kind: job.kind,
            attempt: job.attempts,
            created_at: job.created_at,
            done: count(job.done),
            total: count(job.total),
        }
    }
}
