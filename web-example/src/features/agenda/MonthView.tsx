import type { CSSProperties } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { useViewer } from '../../session/Viewer';
import { barsOf } from './bars';
import { EventChip } from './EventChip';
import classes from './MonthView.module.css';
import { pathTo } from './path';
import { daysOf, inOrder, isOn } from './place';
import { useDayWords } from './useDayWords';
import type { ViewProps } from './viewProps';

/** How many events a cell shows; a link leads to the others. */
const MOST = 4;
/** How many lanes of bars a week shows. */
const BARS = 3;

export function MonthView(props: ViewProps) {
  const { days } = props;
  const words = useDayWords();
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
          <Week key={week[0]} {...props} week={week} />
        ))}
      </tbody>
    </table>
  );
}

function Week({ week, day: within, today, events, open, add, grab, press }: ViewProps & { week: string[] }) {
  const { t } = useTranslation();
  const words = useDayWords();
  const { timeZone } = useViewer();
  const bars = barsOf(events, timeZone, week).filter(({ lane }) => lane < BARS);
  const short = events.filter((event) => {
    const [first, last] = daysOf(event, timeZone);
    return first === last;
  });
  return (
    <tr>
      {week.map((day, index) => {
        const over = bars.filter(({ from, days }) => from <= index && index < from + days);
        const lanes = Math.max(0, ...over.map(({ lane }) => lane + 1));
        const here = inOrder(short.filter((event) => isOn(event, timeZone, day)));
        const room = MOST - lanes;
        const shown = here.length > room ? here.slice(0, Math.max(0, room - 1)) : here;
        const hidden = events.filter((event) => isOn(event, timeZone, day)).length - over.length - shown.length;
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
            {Array.from({ length: lanes }, (_, lane) => {
              const bar = over.find((each) => each.lane === lane && each.from === index);
              if (!bar) return <div key={lane} className={classes.lane} aria-hidden />;
              return (
                <div key={lane} className={classes.lane} style={{ '--over': bar.days } as CSSProperties}>
                  <EventChip event={bar.event} form="line" open={open} grab={grab} press={press} bar={bar} />
                </div>
              );
            })}
            {shown.map((event) => (
              <EventChip key={event.id} event={event} form="line" open={open} grab={grab} press={press} />
            ))}
            {hidden > 0 && (
              <Link href={pathTo('day', day)} className={classes.others}>
                {t('agenda.others', { count: hidden })}
              </Link>
            )}
          </td>
        );
      })}
    </tr>
  );
}
