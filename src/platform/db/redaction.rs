//! The one way past the triggers that keep audit and history append-only: the values of an erased person are replaced.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use serde_json::Value;
use uuid::Uuid;

use super::change::FieldChange;
use super::many::among;
use super::tables::audit_entry::{Column, Entity, Model};
use super::tx::Tx;
use super::visible::all_rows;
use crate::kernel::Result;

/// What stands in the place of an erased value.
pub const ERASED: &str = "[erased]";

/// Audit lines that are rewritten at once.
const AT_ONCE: usize = 500;

impl Tx {
    /// From here on until [`Tx::end_redaction`] this write may replace values of audit and history. The triggers see that by a
    /// row that no other transaction ever sees, as it is gone before the commit.
    pub async fn begin_redaction(&self) -> Result<()> {
        self.conn().execute_unprepared("INSERT INTO redaction (id) VALUES (1)").await?;
        Ok(())
    }

    /// Audit and history are append-only again.
    pub async fn end_redaction(&self) -> Result<()> {
        self.conn().execute_unprepared("DELETE FROM redaction").await?;
        Ok(())
    }

    /// Things of this kind of which the audit says that they once belonged to another thing, by its printed id: also what was
    /// deleted since.
    pub async fn audited_of(&self, kind: &str, owner: &str) -> Result<Vec<Uuid>> {
        use sea_orm::sea_query::ExprTrait; // here alone: below it would hide JSON's own `is_null`
        let names_owner = Expr::col(Column::Changes).cast_as("text").like(format!("%\"{owner}\"%"));
        let lines = all_rows::<Entity>().filter(Column::SubjectType.eq(kind)).filter(names_owner);
        let things = lines.select_only().column(Column::SubjectId).distinct();
        Ok(things.into_tuple().all(self.conn()).await?)
    }

    /// Replaces what the audit tells of these things: which fields changed, when and by whom stays.
    pub async fn redact_audit(&self, things: &[Uuid]) -> Result<()> {
        let conn = self.conn();
        for some in things.chunks(AT_ONCE) {
            let those = among(conn.get_database_backend(), Column::SubjectId, some);
            for Model { id, changes, .. } in all_rows::<Entity>().filter(those).all(conn).await? {
                let mut changes: Vec<FieldChange> = serde_json::from_value(changes)?;
                let values = changes.iter_mut().flat_map(|change| [&mut change.before, &mut change.after]);
                values.filter(|value| !value.is_null()).for_each(|value| *value = Value::from(ERASED));
                Entity::update_many()
                    .col_expr(Column::Changes, Expr::value(serde_json::to_value(changes)?))
                    .filter(Column::Id.eq(id))
                    .exec(conn)
                    .await?;
            }
        }
        Ok(())
    }
}
