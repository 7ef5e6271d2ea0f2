import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Icon } from '../../app/Icon';
import { useViewer } from '../../session/Viewer';
import classes from './DayList.module.css';
import { EventChip } from './EventChip';
import { inOrder, isOn } from './place';
import { useDayWords } from './useDayWords';
import type { ViewProps } from './viewProps';

/** Days below each other, for narrow screens. Of several days, only those with events, and today. */
export function DayList({ days, day: chosen, today, events, open, add }: ViewProps) {
  const { t } = useTranslation();
  const words = useDayWords();
  const { timeZone } = useViewer();
  const filled = days
    .map((day) => ({ day, here: inOrder(events.filter((event) => isOn(event, timeZone, day))) }))
    .filter(({ day, here }) => here.length > 0 || day === today || day === chosen);
  return (
    <div className={classes.list}>
      {filled.map(({ day, here }) => (
        <section key={day} aria-labelledby={`day-${day}`}>
          <header className={classes.head}>
            <h2 id={`day-${day}`} data-today={day === today || undefined}>
              {words.long(day)}
              {day === today && <span> · {t('agenda.today')}</span>}
            </h2>
            <Button
              size="compact-sm"
              variant="subtle"
              aria-label={t('agenda.addOn', { day: words.long(day) })}
              onClick={() => add(day, null)}
            >
              <Icon name="plus" size={16} />
            </Button>
          </header>
          {here.length === 0 && <p className={classes.empty}>{t('agenda.nothing')}</p>}
          {here.map((event) => (
            <EventChip key={event.id} event={event} form="row" open={open} />
          ))}
        </section>
      ))}
    </div>
  );
}
