//! What users are told of.

use crate::domains::notifications::notification::{self, NotificationKind};
use crate::kernel::ids::{ClientId, NotificationId};
use crate::kernel::time::Instant;
use crate::node;
use crate::platform::auth::ActorKind;

node! {
    /// Something that you are told of.
    pub struct Notification of notification::Entity {
        /// Opaque id.
        id: NotificationId,
        /// Grows by one with each change.
        version: i32,
        /// What it tells of.
        kind: NotificationKind,
        /// When it happened.
        created_at: Instant,
        /// When you read it; null until then.
        read_at: Option<Instant>,
    } hidden {
        client_id: Option<ClientId>,
        subject_type: String,
        subject_id: uuid::Uuid,
        actor_kind: ActorKind,
        actor_id: Option<uuid::Uuid>,
        actor_name: String,
    }
}
