//! A client: a person or a company.

use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait, SelectStatement};
use serde::{Deserialize, Serialize};

use crate::kernel::ids::{ClientId, EcosystemId, MarketId, TeamId, UserId};
use crate::kernel::time::Instant;
use crate::platform::auth::{View, Viewer};
use crate::platform::db::{Thing, Visible, all_rows, visible_by_owner};
use crate::words;

words! {
    /// What a client is.
    pub enum ClientKind {
        /// A natural person.
        Person = "PERSON",
        /// A company; it may have contacts.
        Company = "COMPANY",
    }
}

words! {
    /// How we stand with a client.
    pub enum ClientStatus {
        /// We would like to sell to them.
        Prospect = "PROSPECT",
        /// They buy from us.
        Active = "ACTIVE",
        /// They bought from us once.
        Inactive = "INACTIVE",
        /// We do no business with them.
        Blocked = "BLOCKED",
    }
}

/// Labels, in the order they were given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Tags(pub Vec<String>);

/// A postal address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    /// Street and number.
    pub street: Option<String>,
    /// City or town.
    pub city: Option<String>,
    /// State or province.
    pub region: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
}

/// What the client allowed us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct Consents {
    /// To process the personal data.
    pub data: bool,
    /// To write e-mails.
    pub email: bool,
    /// To call.
    pub phone: bool,
    /// To write on WhatsApp.
    pub whatsapp: bool,
}

crate::default_placeholders!(Tags, Consents);

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "client")]
#[serde(rename_all = "camelCase")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    #[serde(skip)]
    pub id: ClientId,
    #[serde(skip)]
    pub version: i32,
    pub number: String,
    pub kind: ClientKind,
    pub name: String,
    #[serde(skip)]
    pub name_sort: String,
    /// What the client is found by: see `terms`.
    #[serde(skip)]
    pub words: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub tax_id: Option<String>,
    pub address: Option<Address>,
    pub status: ClientStatus,
    #[serde(rename = "market")]
    pub market_id: Option<MarketId>,
    #[serde(rename = "ecosystem")]
    pub ecosystem_id: Option<EcosystemId>,
    #[serde(rename = "team")]
    pub team_id: TeamId,
    #[serde(rename = "advisor")]
    pub advisor_id: Option<UserId>,
    pub tags: Tags,
    pub consents: Consents,
    #[serde(skip)]
    pub created_at: Instant,
    #[serde(skip)]
    pub updated_at: Instant,
    /// When the personal data were erased; nothing of the client changes any more.
    pub erased_at: Option<Instant>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

impl Visible for Entity {
    fn visible_to(viewer: &Viewer) -> Select<Self> {
        visible_by_owner(viewer, Column::TeamId, Column::AdvisorId)
    }
}

impl Thing for Entity {
    type Id = ClientId;
    const ID: Column = Column::Id;
    const CLIENT: Option<Column> = Some(Column::Id);
}

/// Rows of another table that hang on a client are seen by those who see the client.
pub fn visible_through<E: EntityTrait>(viewer: &Viewer, client_id: E::Column) -> Select<E> {
    let all = all_rows::<E>();
    if viewer.views() == [View::All] {
        return all; // whoever sees all clients: nothing to look up
    }
    let mut clients: SelectStatement = sea_orm::QueryTrait::into_query(Entity::visible_to(viewer));
    let same = Expr::col((Entity, Column::Id)).equals((E::default(), client_id));
    clients.clear_selects().expr(Expr::val(1)).and_where(same);
    all.filter(Expr::exists(clients))
}
