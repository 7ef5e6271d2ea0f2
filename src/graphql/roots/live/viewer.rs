//! What streams tell a viewer of themselves.

use async_graphql::{ComplexObject, Result, SimpleObject};

use crate::domains::identity::IDENTITY_CHANGED;
use crate::graphql::fast::One;
use crate::graphql::live::{Item, ItemHeader, Subject, Topic, subjects};
use crate::graphql::nodes::identity::User;
use crate::kernel::Error;
use crate::platform::db::Owner;

/// Changes of users; of their sessions nothing is told.
pub const CHANGED: Topic = Topic::of::<ViewerChanged>(IDENTITY_CHANGED, subjects::<User>);

impl Subject for User {
    fn owner(&self) -> Option<Owner> {
        None
    }
}

/// You changed: your role or team, and with it what you may see, or your name or language. Fetch anew what you show.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct ViewerChanged {
    #[graphql(flatten)]
    header: ItemHeader,
    /// The fields that changed.
    changed_fields: Vec<String>,
    #[graphql(skip)]
    item: Item,
}

#[ComplexObject]
impl ViewerChanged {
    /// You, as you are now.
    async fn viewer(&self) -> Result<One<User>> {
        let user = self.item.thing().map(One::Node);
        user.ok_or_else(|| Error::internal("an item of a viewer without them").into())
    }
}

impl From<Item> for ViewerChanged {
    fn from(item: Item) -> Self {
        let changed_fields = item.event.changed_fields.clone();
        ViewerChanged { header: item.header(), changed_fields, item }
    }
}
