import type { AgendaEventFragment } from '../../api/gql/graphql';
import { addDays, DAY, wallOf } from './days';

/** The part of an event on one day: its minutes, and its lane beside events at the same time. */
export type Piece = { event: AgendaEventFragment; from: number; to: number; lane: number; lanes: number };

/** The first and the last day on which an event is shown. */
export function daysOf(event: AgendaEventFragment, zone: string): [string, string] {
  if (event.firstDay && event.lastDay) return [event.firstDay, event.lastDay];
  const start = wallOf(zone, event.start);
  const end = wallOf(zone, event.end);
  // An event that ends at midnight does not take the next day.
  const last = end.minute === 0 && end.day > start.day ? addDays(end.day, -1) : end.day;
  return [start.day, last];
}

export const isOn = (event: AgendaEventFragment, zone: string, day: string) => {
  const [first, last] = daysOf(event, zone);
  return first <= day && day <= last;
};

/** All-day events first, then by start. */
export const inOrder = (events: AgendaEventFragment[]) =>
  [...events].sort(
    (a, b) =>
      Number(b.allDay) - Number(a.allDay) || Date.parse(a.start) - Date.parse(b.start) || a.id.localeCompare(b.id),
  );

const SHORTEST = 30;

/** The timed events of a day, side by side where they overlap. */
export function piecesOf(events: AgendaEventFragment[], zone: string, day: string): Piece[] {
  const pieces = events
    .filter((event) => !event.allDay && isOn(event, zone, day))
    .map((event) => {
      const start = wallOf(zone, event.start);
      const end = wallOf(zone, event.end);
      const from = start.day < day ? 0 : Math.min(start.minute, DAY - SHORTEST);
      const to = end.day > day ? DAY : end.minute;
      return { event, from, to: Math.max(to, from + SHORTEST), lane: 0, lanes: 1 };
    })
    .sort((a, b) => a.from - b.from || b.to - a.to);
  let group: Piece[] = [];
  let until = -1;
  const close = () => {
    const lanes = Math.max(0, ...group.map(({ lane }) => lane)) + 1;
    group.forEach((piece) => (piece.lanes = lanes));
    group = [];
  };
  for (const piece of pieces) {
    if (piece.from >= until) close();
    const taken = new Set(group.filter(({ to }) => to > piece.from).map(({ lane }) => lane));
    while (taken.has(piece.lane)) piece.lane += 1;
    group.push(piece);
    until = Math.max(until, piece.to);
  }
  close();
  return pieces;
}
