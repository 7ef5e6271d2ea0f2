//! Which clients a list holds: one filter for list, count and export.

use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, Condition, QueryFilter, QueryTrait, Select};

use super::tables::client::{ClientKind, ClientStatus, Column, Entity};
use super::tables::client_term::{self, MatchedField};
use super::tables::{ecosystem, external_ref, market};
use crate::kernel::contact::{Email, Phone};
use crate::kernel::ids::{TeamId, UserId};
use crate::kernel::time::Instant;
use crate::kernel::{Error, Result, tax_id, text};
use crate::platform::auth::Viewer;
use crate::platform::db::Visible;

/// What is asked of a client; absent asks nothing. All that is given must hold.
#[derive(Clone, Debug, Default)]
pub struct ClientFilter {
    /// One of these.
    pub status: Option<Vec<ClientStatus>>,
    /// Person or company.
    pub kind: Option<ClientKind>,
    /// Keys of markets: one of these.
    pub markets: Option<Vec<String>>,
    /// Key of the ecosystem.
    pub ecosystem: Option<String>,
    /// Whose.
    pub advisor: Option<UserId>,
    /// Of this team.
    pub team: Option<TeamId>,
    /// Whether it waits in the pool.
    pub unassigned: Option<bool>,
    /// All of these tags.
    pub tags: Option<Vec<String>>,
    /// This number.
    pub number: Option<String>,
    /// This e-mail address.
    pub email: Option<String>,
    /// This phone number, with its country code.
    pub phone: Option<String>,
    /// This tax id.
    pub tax_id: Option<String>,
    /// This key in that system: (system, key).
    pub external_ref: Option<(String, String)>,
    /// Created from … until before ….
    pub created: (Option<Instant>, Option<Instant>),
    /// Changed from … until before ….
    pub updated: (Option<Instant>, Option<Instant>),
    /// One of these filters holds too.
    pub or: Option<Vec<ClientFilter>>,
    /// This filter does not hold.
    pub not: Option<Box<ClientFilter>>,
}

/// Deepest nesting of `or` and `not`.
const MAX_DEPTH: usize = 4;
/// Most filters in one `or`.
const MAX_BRANCHES: usize = 20;

/// Most values in the lists of a filter and of all filters within it.
const MAX_VALUES: usize = 200;

/// The visible clients that the filter lets through.
///
/// # Errors
/// `Invalid` when filters are nested too deeply, or name too many values.
pub fn list(viewer: &Viewer, filter: &ClientFilter) -> Result<Select<Entity>> {
    if values(filter) > MAX_VALUES {
        let rule = format!("may hold at most {MAX_VALUES} values in all its lists together");
        return Err(Error::invalid("filter", rule));
    }
    Ok(Entity::visible_to(viewer).filter(condition(viewer, filter, 0)?))
}

/// The values in the lists of a filter and of all filters within it.
fn values(filter: &ClientFilter) -> usize {
    let words = filter.status.as_ref().map_or(0, Vec::len);
    let texts = [&filter.markets, &filter.tags].into_iter().flatten().map(Vec::len).sum::<usize>();
    let branches = filter.or.iter().flatten().map(|branch| 1 + values(branch)).sum::<usize>();
    words + texts + branches + filter.not.as_deref().map_or(0, values)
}

fn condition(viewer: &Viewer, filter: &ClientFilter, depth: usize) -> Result<Condition> {
    if depth > MAX_DEPTH {
        return Err(Error::invalid("filter", format!("or and not may be nested at most {MAX_DEPTH} deep")));
    }
    let mut all = Condition::all()
        .add_option(filter.status.as_ref().map(|words| Column::Status.is_in(words.iter().copied())))
        .add_option(filter.kind.map(|kind| Column::Kind.eq(kind)))
        .add_option(filter.advisor.map(|advisor| Column::AdvisorId.eq(advisor)))
        .add_option(filter.team.map(|team| Column::TeamId.eq(team)))
        .add_option(
            filter
                .unassigned
                .map(|yes| if yes { Column::AdvisorId.is_null() } else { Column::AdvisorId.is_not_null() }),
        )
        .add_option(filter.number.as_ref().map(|number| Column::Number.eq(text::tidy(number).to_uppercase())))
        .add_option(filter.email.as_ref().map(|email| {
            Column::Email
                .eq(Email::parse(email).map_or_else(|_| email.clone(), |email| email.as_str().to_owned()))
        }))
        .add_option(filter.phone.as_ref().map(|phone| {
            // WhatsApp shows numbers with the country's code and without the plus sign.
            let number = Phone::parse(phone, None).or_else(|_| Phone::parse(&format!("+{phone}"), None));
            Column::Phone.eq(number.map_or_else(|_| phone.clone(), |number| number.as_str().to_owned()))
        }))
        .add_option(filter.tax_id.as_ref().map(|id| {
            // Where the rules of its country are not known, the country belongs to it.
            let known = tax_id::known(id).map(|id| id.value);
            Column::TaxId.is_in(known.into_iter().chain([tax_id::compact(id)]))
        }))
        .add_option(filter.created.0.map(|at| Column::CreatedAt.gte(at)))
        .add_option(filter.created.1.map(|at| Column::CreatedAt.lt(at)))
        .add_option(filter.updated.0.map(|at| Column::UpdatedAt.gte(at)))
        .add_option(filter.updated.1.map(|at| Column::UpdatedAt.lt(at)));
    if let Some(keys) = &filter.markets {
        let mut ids =
            market::Entity::visible_to(viewer).filter(market::Column::Key.is_in(keys.clone())).into_query();
        ids.clear_selects().column(market::Column::Id);
        all = all.add(Column::MarketId.in_subquery(ids));
    }
    if let Some(key) = &filter.ecosystem {
        let mut ids =
            ecosystem::Entity::visible_to(viewer).filter(ecosystem::Column::Key.eq(key)).into_query();
        ids.clear_selects().column(ecosystem::Column::Id);
        all = all.add(Column::EcosystemId.in_subquery(ids));
    }
    for tag in filter.tags.iter().flatten() {
        let mut ids = Query::select();
        ids.column(client_term::Column::ClientId)
            .from(client_term::Entity)
            .and_where(client_term::Column::Field.eq(MatchedField::Tag))
            .and_where(client_term::Column::Term.eq(text::fold(tag)));
        all = all.add(Column::Id.in_subquery(ids));
    }
    if let Some((system, key)) = &filter.external_ref {
        let mut ids = Query::select();
        ids.column(external_ref::Column::ClientId)
            .from(external_ref::Entity)
            .and_where(external_ref::Column::System.eq(system))
            .and_where(external_ref::Column::Key.eq(key));
        all = all.add(Column::Id.in_subquery(ids));
    }
    if let Some(branches) = &filter.or {
        if branches.len() > MAX_BRANCHES {
            return Err(Error::invalid("filter.or", format!("may hold at most {MAX_BRANCHES} filters")));
        }
        let mut any = Condition::any();
        for branch in branches {
            any = any.add(condition(viewer, branch, depth + 1)?);
        }
        all = all.add(any);
    }
    if let Some(inner) = &filter.not {
        all = all.add(condition(viewer, inner, depth + 1)?.not());
    }
    Ok(all)
}
