//! Reading for a viewer.

use std::sync::Arc;

use sea_orm::DatabaseConnection;

use crate::platform::auth::Viewer;

/// The database as one viewer sees it.
#[derive(Clone)]
pub struct Reader {
    /// The pool.
    pub db: DatabaseConnection,
    /// Who reads.
    pub viewer: Arc<Viewer>,
}
