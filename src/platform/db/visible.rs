//! Visibility as the way to begin a query: a table's rows are reached through `visible_to`, so that no read can forget
//! for whom it is. `clippy.toml` forbids `find` elsewhere.

use sea_orm::sea_query::{Cond, Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Select};

use crate::platform::auth::{View, Viewer};

/// A table whose rows are seen by some and not by others.
pub trait Visible: EntityTrait {
    /// The rows that the viewer may see, as the beginning of a query.
    fn visible_to(viewer: &Viewer) -> Select<Self>;
}

/// Every row: where a table's own `visible_to` begins, and the platform's own bookkeeping.
pub fn all_rows<E: EntityTrait>() -> Select<E> {
    #[expect(clippy::disallowed_methods, reason = "the one place where visible_to begins")]
    E::find()
}

/// No row.
pub fn none<E: EntityTrait>(select: Select<E>) -> Select<E> {
    select.filter(ExprTrait::eq(Expr::val(1), 0))
}

/// The rows of a table with owners that the viewer may see, by its columns of team and advisor.
pub fn visible_by_owner<E: EntityTrait>(viewer: &Viewer, team: E::Column, advisor: E::Column) -> Select<E> {
    let all = all_rows::<E>();
    let views = viewer.views();
    if views.contains(&View::All) {
        return all;
    }
    if views.is_empty() {
        return none(all);
    }
    let column = |column: E::Column| Expr::col(column.as_column_ref());
    let parts = views.into_iter().map(|view| of_view(view, column(team), column(advisor)));
    all.filter(parts.fold(Cond::any(), Cond::add))
}

/// The condition that team and advisor of a row are part of a view.
pub fn of_view(view: View, team: Expr, advisor: Expr) -> Cond {
    match view {
        View::All => Cond::all(),
        View::Team(id) => Cond::all().add(team.eq(id)),
        View::Advisor(id) => Cond::all().add(advisor.eq(id)),
        View::Pool(id) => Cond::all().add(team.eq(id)).add(advisor.is_null()),
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::sea_query::{Alias, Query};
    use sea_orm::{ConnectionTrait, Database};

    use super::*;
    use crate::kernel::ids::{ApiKeyId, TeamId, TypedId, UserId};
    use crate::kernel::words::Word;
    use crate::platform::auth::{Actor, Role, Scope};

    /// What the condition on columns says of a row with this owner.
    async fn is_selected(
        db: &impl ConnectionTrait,
        viewer: &Viewer,
        team: TeamId,
        advisor: Option<UserId>,
    ) -> bool {
        let column = |name: &'static str| Expr::col(Alias::new(name));
        let parts = viewer.views().into_iter().map(|view| of_view(view, column("team"), column("advisor")));
        let condition = parts.fold(Cond::any(), Cond::add);
        let mut row = Query::select();
        row.expr_as(Expr::val(team), "team").expr_as(Expr::val(advisor), "advisor");
        let mut query = Query::select();
        query.expr(Expr::val(1)).from_subquery(row, "thing");
        if viewer.views().is_empty() {
            return false; // where there is no part, `none` is selected
        }
        query.cond_where(condition);
        db.query_one(&query).await.expect("read").is_some()
    }

    #[tokio::test]
    async fn columns_and_memory_agree_on_who_sees_what() {
        let db = Database::connect("sqlite::memory:").await.expect("connected");
        let (teams, users) = ([TeamId::new(), TeamId::new()], [UserId::new(), UserId::new()]);
        let actors = [Actor::User(users[0]), Actor::Machine(ApiKeyId::new()), Actor::System];
        let scopes = [None, Some(vec![]), Some(vec![Scope::Read]), Some(vec![Scope::Write])];
        let (mut seen, mut hidden) = (0, 0);
        for (role, ..) in Role::ALL {
            for actor in &actors {
                for team in [None, Some(teams[0])] {
                    for scopes in &scopes {
                        let (actor, scopes) = (actor.clone(), scopes.clone());
                        let viewer = Viewer { actor, role: *role, team, scopes, ..Viewer::system("") };
                        for owner in teams {
                            for advisor in [None, Some(users[0]), Some(users[1])] {
                                let remembered = viewer.sees(owner.uuid(), advisor.map(TypedId::uuid));
                                let selected = is_selected(&db, &viewer, owner, advisor).await;
                                assert_eq!(remembered, selected, "{viewer:?}: {owner:?}, {advisor:?}");
                                *if selected { &mut seen } else { &mut hidden } += 1;
                            }
                        }
                    }
                }
            }
        }
        assert!(seen > 50 && hidden > 50, "both happen: {seen}, {hidden}");
    }

    #[test]
    fn advisors_see_their_own_and_the_pool_supervisors_the_team_and_admins_all() {
        let (north, south, me, other) = (TeamId::new(), TeamId::new(), UserId::new(), UserId::new());
        let sees = |role, team: TeamId, advisor: Option<UserId>| {
            let viewer = Viewer { actor: Actor::User(me), role, team: Some(north), ..Viewer::system("") };
            viewer.sees(team.uuid(), advisor.map(TypedId::uuid))
        };
        let cases = [
            (north, None, [true, true, true]),
            (north, Some(me), [true, true, true]),
            (north, Some(other), [false, true, true]),
            (south, None, [false, false, true]),
            (south, Some(other), [false, false, true]),
            (south, Some(me), [true, false, true]), // still served by whoever moved to another team
        ];
        for (team, advisor, expected) in cases {
            let roles = [Role::Advisor, Role::Supervisor, Role::Admin];
            assert_eq!(roles.map(|role| sees(role, team, advisor)), expected, "{team:?}, {advisor:?}");
        }
    }
}
