//! A key for a machine.

use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::kernel::ids::{ApiKeyId, TeamId};
use crate::kernel::time::Instant;
use crate::platform::auth::{Right, Role, Scope, Viewer};
use crate::platform::db::{Visible, all_rows, none};

/// The scopes of a key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Scopes(pub Vec<Scope>);

crate::default_placeholders!(Scopes);

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "api_key")]
#[serde(rename_all = "camelCase")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    #[serde(skip)]
    pub id: ApiKeyId,
    #[serde(skip)]
    pub version: i32,
    pub name: String,
    #[serde(skip)]
    pub name_sort: String,
    #[serde(skip)]
    pub hint: String,
    #[serde(skip)]
    pub hash: String,
    pub role: Role,
    pub team_id: Option<TeamId>,
    pub scopes: Scopes,
    pub expires_at: Option<Instant>,
    #[serde(skip)]
    pub last_used_at: Option<Instant>,
    pub revoked_at: Option<Instant>,
    #[serde(skip)]
    pub created_at: Instant,
    #[serde(skip)]
    pub updated_at: Instant,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

impl Visible for Entity {
    /// Keys are for administrators to see.
    fn visible_to(viewer: &Viewer) -> Select<Self> {
        let all = all_rows::<Self>();
        if viewer.has(Right::Administer) { all } else { none(all) }
    }
}
