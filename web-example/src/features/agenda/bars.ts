import type { AgendaEventFragment } from '../../api/gql/graphql';
import { daysBetween } from './days';
import { daysOf, inOrder } from './place';

/** The bar of a multi-day event in one week. */
export type Bar = {
  event: AgendaEventFragment;
  /** The index of its first day in the week, and how many days it covers. */
  from: number;
  days: number;
  /** How many of its days were in earlier weeks. */
  before: number;
  lane: number;
};

/** The bars of a week, in separate lanes where they overlap. */
export function barsOf(events: AgendaEventFragment[], zone: string, week: string[]): Bar[] {
  const [first = '', last = first] = [week[0], week.at(-1)];
  const bars: Bar[] = [];
  for (const event of inOrder(events)) {
    const [begin, end] = daysOf(event, zone);
    if (begin === end || end < first || begin > last) continue;
    const from = Math.max(0, daysBetween(first, begin));
    const to = Math.min(week.length - 1, daysBetween(first, end));
    const meets = (bar: Bar) => bar.from <= to && from < bar.from + bar.days;
    const taken = new Set(bars.filter(meets).map(({ lane }) => lane));
    let lane = 0;
    while (taken.has(lane)) lane += 1;
    bars.push({ event, from, days: to - from + 1, before: Math.max(0, daysBetween(begin, first)), lane });
  }
  return bars;
}
