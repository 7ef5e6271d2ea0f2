import type { AgendaEventFragment } from '../../api/gql/graphql';
import { addDays, DAY, daysBetween, momentOf, wallOf } from './days';
import { daysOf } from './place';
import type { Place } from './useDrag';

/** The time of an event as a form shows it; of all-day events, `last` is the last day (inclusive). */
export type When = { allDay: boolean; first: string; from: number; last: string; to: number };

export type Span = { start: string; end: string; allDay: boolean };

export function whenOf(event: AgendaEventFragment, zone: string): When {
  const [first, last] = daysOf(event, zone);
  if (event.allDay) return { allDay: true, first, from: 9 * 60, last, to: 10 * 60 };
  const start = wallOf(zone, event.start);
  const end = wallOf(zone, event.end);
  return { allDay: false, first: start.day, from: start.minute, last: end.day, to: end.minute };
}

export const anHour = (day: string, from: number): When => {
  const to = from + 60;
  return { allDay: false, first: day, from, last: to >= DAY ? addDays(day, 1) : day, to: to % DAY };
};

/** All-day events are computed in `dayZone`, the event's own time zone. */
export const spanOf = (when: When, zone: string, dayZone: string): Span =>
  when.allDay
    ? {
        allDay: true,
        start: momentOf(dayZone, { day: when.first, minute: 0 }),
        end: momentOf(dayZone, { day: addDays(when.last, 1), minute: 0 }),
      }
    : {
        allDay: false,
        start: momentOf(zone, { day: when.first, minute: when.from }),
        end: momentOf(zone, { day: when.last, minute: when.to }),
      };

/** Moves the start and keeps the duration. */
export function beginAt(when: When, first: string, from: number): When {
  const takes = daysBetween(when.first, when.last) * DAY + when.to - when.from;
  const end = from + Math.max(0, takes);
  const last = when.allDay
    ? addDays(first, Math.max(0, daysBetween(when.first, when.last)))
    : addDays(first, Math.floor(end / DAY));
  return { ...when, first, from, last, to: when.allDay ? when.to : end % DAY };
}

/** The new time of a dropped event: another day or time, or another end. In places without hours, only the day changes. */
export function movedTo(event: AgendaEventFragment, zone: string, { day, minute, edge }: Place): Span {
  const when = whenOf(event, zone);
  if (edge === 'end') {
    const end = momentOf(zone, { day, minute: minute ?? DAY });
    const before = { allDay: false, start: event.start, end: event.end };
    return Date.parse(end) > Date.parse(event.start) ? { ...before, end } : before;
  }
  const next = beginAt(when, day, minute ?? when.from);
  if (when.allDay) return spanOf(next, zone, event.timeZone);
  // Keep the duration in real time, even across a daylight saving change.
  const start = momentOf(zone, { day: next.first, minute: next.from });
  const takes = Date.parse(event.end) - Date.parse(event.start);
  return { allDay: false, start, end: new Date(Date.parse(start) + takes).toISOString() };
}

/** The event at its new time, shown at once until the server answers. */
export function shownAt(event: AgendaEventFragment, span: Span): AgendaEventFragment {
  if (!span.allDay) return { ...event, ...span, firstDay: null, lastDay: null };
  const firstDay = wallOf(event.timeZone, span.start).day;
  return { ...event, ...span, firstDay, lastDay: addDays(wallOf(event.timeZone, span.end).day, -1) };
}
