//! What is by itself until somebody sets it: settings and working calendars are rows from then on.

use sea_orm::{ActiveModelBehavior, ActiveModelTrait, EntityTrait, IntoActiveModel};

use crate::kernel::Result;
use crate::kernel::ids::TypedId;
use crate::platform::db::{Change, ChangeKind, FieldChange, Tx};

/// Writes what was set, with its audit: a new row the first time, when it has the version 1.
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
