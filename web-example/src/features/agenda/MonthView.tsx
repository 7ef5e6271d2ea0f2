import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { useViewer } from '../session/Viewer';
import { EventChip } from './EventChip';
import classes from './MonthView.module.css';
import { pathTo } from './path';
import { inOrder, isOn } from './place';
import { useDayWords } from './useDayWords';
import type { ViewProps } from './viewProps';

/** Events of a day that a cell shows; the others are behind a link. */
const MOST = 4;

export function MonthView({ days, day: within, today, events, open, add, grab }: ViewProps) {
  const { t } = useTranslation();
  const words = useDayWords();
  const { timeZone } = useViewer();
  const weeks = Array.from({ length: days.length / 7 }, (_, week) => days.slice(week * 7, week * 7 + 7));
  return (
    <table className={classes.month}>
      <thead>
        <tr>
          {days.slice(0, 7).map((day) => (
            <th key={day} scope="col" abbr={words.weekdayLong(day)}>
              {words.weekday(day)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {weeks.map((week) => (
          <tr key={week[0]}>
            {week.map((day) => {
              const here = inOrder(events.filter((event) => isOn(event, timeZone, day)));
              const shown = here.length > MOST ? here.slice(0, MOST - 1) : here;
              return (
                <td
                  key={day}
                  data-day={day}
                  data-other={day.slice(0, 7) !== within.slice(0, 7) || undefined}
                  onClick={({ target, currentTarget }) => target === currentTarget && add(day, null)}
                >
                  <Link
                    href={pathTo('day', day)}
                    className={classes.date}
                    aria-label={words.long(day)}
                    aria-current={day === today ? 'date' : undefined}
                  >
                    {Number(day.slice(8))}
                  </Link>
                  {shown.map((event) => (
                    <EventChip key={event.id} event={event} form="line" open={open} grab={grab} />
                  ))}
                  {shown.length < here.length && (
                    <Link href={pathTo('day', day)} className={classes.others}>
                      {t('agenda.others', { count: here.length - shown.length })}
                    </Link>
                  )}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
