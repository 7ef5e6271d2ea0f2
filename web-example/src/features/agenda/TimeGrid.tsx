import { type MouseEvent, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { useViewer } from '../../session/Viewer';
import { DAY, momentOf, wallOf } from './days';
import { EventChip } from './EventChip';
import { pathTo } from './path';
import { inOrder, isOn, piecesOf } from './place';
import classes from './TimeGrid.module.css';
import { useDayWords } from './useDayWords';
import { useNow } from './useNow';
import { useWorkingHours } from './useWorkingHours';
import type { ViewProps } from './viewProps';

const percent = (minutes: number) => `${(minutes / DAY) * 100}%`;
const hours = Array.from({ length: 24 }, (_, hour) => hour * 60);
/** Where the grid is scrolled to at first, as a share of the day. */
const MORNING = 7.5 / 24;

/** Days as columns of hours, with all-day events in a row of their own. */
export function TimeGrid({ days, today, events, open, add, grab, press }: ViewProps) {
  const { t } = useTranslation();
  const words = useDayWords();
  const { timeZone } = useViewer();
  const now = wallOf(timeZone, useNow());
  const working = useWorkingHours(days);
  const scroller = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const box = scroller.current;
    const grid = box?.querySelector('[data-hours]');
    if (box && grid) box.scrollTop = grid.clientHeight * MORNING;
  }, []);

  function addAt(day: string, { target, currentTarget, clientY }: MouseEvent<HTMLElement>) {
    if (target !== currentTarget) return;
    const { top, height } = currentTarget.getBoundingClientRect();
    add(day, Math.floor((((clientY - top) / height) * DAY) / 30) * 30);
  }

  return (
    <div ref={scroller} className={classes.scroller} role="group" aria-label={t('agenda.hours')} tabIndex={0}>
      <div className={classes.grid} style={{ '--days': days.length } as React.CSSProperties}>
        <div className={classes.head}>
          <span className={classes.corner}>{t('agenda.allDay')}</span>
          {days.map((day) => (
            <div
              key={day}
              className={classes.day}
              data-day={day}
              data-all-day
              onClick={({ target, currentTarget }) => target === currentTarget && add(day, null)}
            >
              <Link
                href={pathTo('day', day)}
                className={classes.date}
                aria-label={words.long(day)}
                aria-current={day === today ? 'date' : undefined}
              >
                <span>{words.weekday(day)}</span> <b>{Number(day.slice(8))}</b>
              </Link>
              {working.get(day)?.holiday && <span className={classes.holiday}>{working.get(day)?.holiday}</span>}
              {inOrder(events.filter((event) => event.allDay && isOn(event, timeZone, day))).map((event) => (
                <EventChip key={event.id} event={event} form="line" open={open} grab={grab} press={press} />
              ))}
            </div>
          ))}
        </div>
        <div className={classes.body}>
          <div className={classes.hours} aria-hidden>
            {hours.slice(1).map((minute) => (
              <span key={minute} style={{ top: percent(minute) }}>
                {words.clock(momentOf(timeZone, { day: days[0] ?? today, minute }))}
              </span>
            ))}
          </div>
          {days.map((day) => (
            <section
              key={day}
              className={classes.column}
              aria-label={words.long(day)}
              data-day={day}
              data-hours
              onClick={(event) => addAt(day, event)}
            >
              {working.get(day)?.off.map(({ from, to }) => (
                <span key={from} data-off className={classes.off} style={{ top: percent(from), height: percent(to - from) }} />
              ))}
              {piecesOf(events, timeZone, day).map(({ event, from, to, lane, lanes }) => (
                <EventChip
                  key={event.id}
                  event={event}
                  form="box"
                  open={open}
                  grab={grab}
                  press={press}
                  style={{
                    top: percent(from),
                    height: `calc(${percent(to - from)} - 2px)`,
                    left: `${(lane / lanes) * 100}%`,
                    width: `calc(${100 / lanes}% - 3px)`,
                  }}
                />
              ))}
              {day === now.day && <span className={classes.now} style={{ top: percent(now.minute) }} />}
            </section>
          ))}
        </div>
      </div>
    </div>
  );
}
