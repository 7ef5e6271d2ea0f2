import { VisuallyHidden } from '@mantine/core';
import type { CSSProperties } from 'react';
import { useTranslation } from 'react-i18next';
import type { AgendaEventFragment } from '../../api/gql/graphql';
import { Icon } from '../../app/Icon';
import { useWorks } from '../../offline/Offline';
import { useViewer } from '../../session/Viewer';
import classes from './EventChip.module.css';
import { iconOf } from './states';
import { unsentOf } from './unsent';
import { useDayWords } from './useDayWords';
import type { ViewProps } from './viewProps';
import { documents } from './works';

type Props = {
  event: AgendaEventFragment;
  open: (event: AgendaEventFragment) => void;
  grab?: ViewProps['grab'];
  press?: ViewProps['press'];
  /** For a bar over several days: how many days are drawn here, and how many came before. */
  bar?: { days: number; before: number };
  /** The layout: one line, a box with its hours, or a row of a list. */
  form: 'line' | 'box' | 'row';
  style?: CSSProperties;
};

/** An event in the calendar. Its state is shown by an icon and its style, and in words for screen readers. */
export function EventChip({ event, open, grab, press, bar, form, style }: Props) {
  const { t } = useTranslation();
  const words = useDayWords();
  const viewer = useViewer();
  const { state, kind, client, assignee, series, title, allDay } = event;
  const others = assignee?.id !== viewer.id;
  const works = useWorks(documents);
  const waits = unsentOf(event.id, works).length > 0 || works.some(({ key }) => key === event.id);
  const icon = iconOf(event);
  return (
    <button
      type="button"
      className={classes.event}
      data-event={event.id}
      data-form={form}
      data-state={state}
      data-kind={kind}
      data-waits={waits || undefined}
      style={style}
      title={form === 'row' ? undefined : `${words.hours(event)} ${title}`}
      data-days={bar?.days}
      data-before={bar?.before}
      aria-keyshortcuts={press && 'Alt+ArrowUp Alt+ArrowDown Alt+ArrowLeft Alt+ArrowRight'}
      onClick={() => open(event)}
      onKeyDown={press && ((key) => press(event, key))}
      onPointerDown={grab && ((pointer) => grab(event, pointer))}
    >
      {waits && (
        <span className={classes.icon}>
          <Icon name="outbox" size={14} />
        </span>
      )}
      {icon && (
        <span className={classes.icon}>
          <Icon name={icon} size={14} />
        </span>
      )}
      {(!allDay || form === 'row') && (
        <span className={classes.time}>{form === 'line' ? words.clock(event.start) : words.hours(event)} </span>
      )}
      <span className={classes.title}>{title}</span>
      {form !== 'line' && (client || others) && (
        <span className={classes.more}>
          {[client?.name, others && (assignee?.name ?? t('agenda.pool'))].filter(Boolean).join(' · ')}
        </span>
      )}
      {grab && form === 'box' && <span data-grip className={classes.grip} />}
      <VisuallyHidden>
        {[
          '',
          bar && words.when(event),
          t(`agenda.states.${state}`),
          kind === 'FOLLOW_UP' && t('agenda.followUp'),
          series && t('agenda.series'),
          form === 'line' && client?.name,
          form === 'line' && others && (assignee?.name ?? t('agenda.pool')),
          event.actionRequired && t('agenda.actionRequired'),
          waits && t('offline.waits'),
        ]
          .filter((part) => part !== false && part !== null && part !== undefined)
          .join(', ')}
      </VisuallyHidden>
    </button>
  );
}
