//! Reading for a viewer.

use std::sync::Arc;

use sea_orm::DatabaseConnection;

use crate::platform::auth::Viewer;

/// A database seen through a viewer's eyes.
#[derive(Clone)]
pub struct Reader {
    /// The pool.
    pub db: DatabaseConnection,
    /// Whose eyes.
    pub viewer: Arc<Viewer>,
}
