//! Settings and working calendars have defaults: the row is created by the first save.

use sea_orm::{ActiveModelBehavior, ActiveModelTrait, EntityTrait, IntoActiveModel};

use crate::kernel::Result;
use crate::kernel::ids::TypedId;
use crate::platform::db::{Change, ChangeKind, FieldChange, Tx};

/// Saves the row, with its audit entry: it is inserted when its version is 1, and updated otherwise.
pub async fn write<I, A>(
    tx: &mut Tx,
    (id, version): (I, i32),
    row: A,
    changes: Vec<FieldChange>,
) -> Result<()>
where
    I: TypedId,
    A: ActiveModelTrait + ActiveModelBehavior + Send,
    <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
{
    tx.record(Change::of(ChangeKind::Updated, id, version, changes));
    if version == 1 {
        A::Entity::insert(row).exec_without_returning(tx.conn()).await?;
    } else {
        row.reset_all().update(tx.conn()).await?;
    }
    Ok(())
}
