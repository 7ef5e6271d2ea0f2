//! What else somebody has at the same time: told, and never refused.

use std::collections::HashMap;

use chrono::Duration;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use super::agenda_event::{AgendaEventState, Column, Entity};
use super::events::{EventFilter, Range, list};
use crate::kernel::Result;
use crate::kernel::ids::{AgendaEventId, UserId};
use crate::kernel::time::Instant;
use crate::platform::db::{Reader, Visible};

/// Occurrences of a series that are looked at.
const OCCURRENCES_MAX: u64 = 500;
/// Other events that they are held against.
const OTHERS_MAX: u64 = 5000;

/// When somebody is taken by an event.
struct Taken {
    id: AgendaEventId,
    by: UserId,
    start: Instant,
    until: Instant,
}

/// The first of what else the assignee of an event has at the same time and that is open; of a whole series, those of each
/// occurrence from now on that is a row. Whole days are in nobody's way. Three statements at most, however long the series.
///
/// # Errors
/// Those of the database.
pub async fn overlaps(
    reader: &Reader,
    id: AgendaEventId,
    whole_since: Option<Instant>,
    most: usize,
) -> Result<Vec<AgendaEventId>> {
    let own = Entity::visible_to(&reader.viewer).filter(Column::Id.eq(id)).one(&reader.db).await?;
    let Some(own) = own else { return Ok(Vec::new()) };
    let open = EventFilter { states: Some(AgendaEventState::OPEN.to_vec()), ..EventFilter::default() };
    let series = own.series_id.zip(whole_since);
    let of_own = match series {
        Some((series, since)) => list(&reader.viewer, None, &open)
            .filter(Column::SeriesId.eq(series))
            .filter(Column::End.gte(Ord::min(since, own.start))),
        None => list(&reader.viewer, None, &open).filter(Column::Id.eq(id)),
    };
    let own = taken(reader, of_own, OCCURRENCES_MAX).await?;
    let (Some(start), Some(end)) =
        (own.first().map(|first| first.start), own.iter().map(|own| own.until).max())
    else {
        return Ok(Vec::new());
    };
    let mut busy: HashMap<UserId, Vec<(Instant, Instant)>> = HashMap::new();
    for Taken { by, start, until, .. } in own {
        let busy = busy.entry(by).or_default();
        // The latest end of all until here: what begins before it and ends behind this start meets one of them.
        let latest = busy.last().map_or(until, |(_, latest)| Ord::max(until, *latest));
        busy.push((start, latest));
    }
    let range = Range { start, end, zone: None };
    let others = EventFilter { assignees: Some(busy.keys().copied().collect()), ..open };
    let others = list(&reader.viewer, Some(&range), &others);
    let others = match series {
        Some((series, _)) => others.filter(Column::SeriesId.is_null().or(Column::SeriesId.ne(series))),
        None => others.filter(Column::Id.ne(id)),
    };
    let meets = |other: &Taken| {
        let Some(busy) = busy.get(&other.by) else { return false };
        let begun = busy.partition_point(|(start, _)| *start < other.until);
        begun > 0 && busy[begun - 1].1 > other.start
    };
    let others = taken(reader, others, OTHERS_MAX).await?;
    Ok(others.into_iter().filter(meets).map(|other| other.id).take(most).collect())
}

/// Those of these that take somebody's time, by their start.
async fn taken(reader: &Reader, events: Select<Entity>, most: u64) -> Result<Vec<Taken>> {
    let rows: Vec<(AgendaEventId, Option<UserId>, Instant, Instant)> = events
        .filter(Column::AllDay.eq(false).and(Column::AssigneeId.is_not_null()))
        .select_only()
        .columns([Column::Id, Column::AssigneeId, Column::Start, Column::End])
        .order_by_asc(Column::Start)
        .order_by_asc(Column::Id)
        .limit(most)
        .into_tuple()
        .all(&reader.db)
        .await?;
    // A moment is at the same time as what begins then.
    let least = Duration::microseconds(1);
    let taken = |(id, by, start, end): (AgendaEventId, Option<UserId>, Instant, Instant)| {
        Some(Taken { id, by: by?, start, until: Ord::max(end, start + least) })
    };
    Ok(rows.into_iter().filter_map(taken).collect())
}
