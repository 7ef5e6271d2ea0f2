import { useTranslation } from 'react-i18next';
import type { AgendaEventFragment } from '../../api/gql/graphql';
import { useMoment } from '../../i18n/useMoment';
import { useViewer } from '../../session/Viewer';
import { daysOf } from './place';

const at = (day: string) => new Date(`${day}T00:00:00Z`);

/** Formats days and times in the person's language and time zone. */
export function useDayWords() {
  const { t, i18n } = useTranslation();
  const { timeZone } = useViewer();
  const moment = useMoment();
  const format = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(i18n.language, { timeZone: 'UTC', ...options });
  const long = format({ weekday: 'long', day: 'numeric', month: 'long' });
  const full = format({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
  const title = format({ weekday: 'long', day: 'numeric', month: 'short', year: 'numeric' });
  const month = format({ month: 'long', year: 'numeric' });
  const name = format({ weekday: 'short' });
  const nameLong = format({ weekday: 'long' });
  const slot = new Intl.DateTimeFormat(i18n.language, {
    timeZone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: 'numeric',
    minute: '2-digit',
  });
  const dates = format({ day: 'numeric', month: 'short', year: 'numeric' });
  return {
    long: (day: string) => long.format(at(day)),
    full: (day: string) => full.format(at(day)),
    title: (day: string) => title.format(at(day)),
    month: (day: string) => month.format(at(day)),
    weekday: (day: string) => name.format(at(day)),
    weekdayLong: (day: string) => nameLong.format(at(day)),
    range: (from: string, to: string) => dates.formatRange(at(from), at(to)),
    /** A short day and time. */
    slot: (moment_: string) => slot.format(new Date(moment_)),
    clock: (moment_: string) => moment(moment_).time,
    /** The hours of an event, or that it takes all day. */
    hours: (event: AgendaEventFragment) =>
      event.allDay
        ? t('agenda.allDay')
        : event.start === event.end
          ? moment(event.start).time
          : `${moment(event.start).time}–${moment(event.end).time}`,
    /** The days and hours of an event. */
    when(event: AgendaEventFragment) {
      const [first, last] = daysOf(event, timeZone);
      if (event.allDay) return first === last ? full.format(at(first)) : full.formatRange(at(first), at(last));
      if (first !== last) return `${moment(event.start).short} – ${moment(event.end).short}`;
      return `${full.format(at(first))}, ${this.hours(event)}`;
    },
  };
}
