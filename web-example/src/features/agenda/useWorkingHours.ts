import { useMemo } from 'react';
import { useQuery } from 'urql';
import { TeamDocument, WorkingHoursDocument } from '../../api/gql/graphql';
import { useViewer } from '../../session/Viewer';
import { addDays, DAY, fromClock, momentOf, wallOf } from './days';

/** Part of a day, in minutes from midnight. */
export type Stretch = { from: number; to: number };

const weekdays = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'] as const;

/** For each day, when the person's team does not work, and its holiday; empty while the team is not known. */
export function useWorkingHours(days: string[]): Map<string, { off: Stretch[]; holiday: string | null }> {
  const { timeZone } = useViewer();
  const [{ data: viewer }] = useQuery({ query: TeamDocument });
  const teamId = viewer?.viewer?.team?.id ?? '';
  const [{ data }] = useQuery({ query: WorkingHoursDocument, variables: { teamId }, pause: !teamId });
  const calendar = data?.workingCalendar;
  return useMemo(() => {
    if (!calendar) return new Map();
    /** The working hours of one day of the team, in the person's time zone, where they may fall on another day. */
    const workOf = (day: string) => {
      if (calendar.holidays.some((holiday) => holiday.day === day)) return [];
      const weekday = weekdays[new Date(`${day}T00:00:00Z`).getUTCDay()];
      return calendar.hours
        .filter((hours) => hours.weekday === weekday)
        .map(({ from, until }) =>
          [from, until].map((clock) => wallOf(timeZone, momentOf(calendar.timeZone, { day, minute: fromClock(clock) }))),
        );
    };
    return new Map(
      days.map((day) => {
        const work = [addDays(day, -1), day, addDays(day, 1)]
          .flatMap(workOf)
          .flatMap(([from, until]) => {
            if (!from || !until || from.day > day || until.day < day) return [];
            return { from: from.day < day ? 0 : from.minute, to: until.day > day ? DAY : until.minute };
          })
          .sort((a, b) => a.from - b.from);
        const off: Stretch[] = [];
        let at = 0;
        for (const { from, to } of work) {
          if (from > at) off.push({ from: at, to: from });
          at = Math.max(at, to);
        }
        if (at < DAY) off.push({ from: at, to: DAY });
        return [day, { off, holiday: calendar.holidays.find((holiday) => holiday.day === day)?.name ?? null }];
      }),
    );
  }, [calendar, days, timeZone]);
}
