//! A word that a client is found by.

use sea_orm::entity::prelude::*;

use crate::kernel::ids::{ClientId, TeamId, UserId};
use crate::words;

words! {
    /// Which field of a client a search found.
    pub enum MatchedField {
        /// A word of the name.
        Name = "NAME",
        /// The e-mail address.
        Email = "EMAIL",
        /// The telephone number.
        Phone = "PHONE",
        /// The tax id.
        TaxId = "TAX_ID",
        /// The client number.
        Number = "NUMBER",
        /// The plate of a vehicle.
        Plate = "PLATE",
        /// A tag.
        Tag = "TAG",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "client_term")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub client_id: ClientId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub term: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub field: MatchedField,
    pub team_id: TeamId,
    pub advisor_id: Option<UserId>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}
impl ActiveModelBehavior for ActiveModel {}
