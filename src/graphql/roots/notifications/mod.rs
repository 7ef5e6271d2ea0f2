//! Notifications.

mod mutations;
mod queries;

pub use mutations::NotificationsMutation;
pub use queries::NotificationsQuery;
