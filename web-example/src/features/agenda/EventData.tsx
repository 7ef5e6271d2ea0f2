import { Anchor } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { AgendaEventDetailFragment } from '../../api/gql/graphql';
import { Icon } from '../../app/Icon';
import { useThing } from '../Feature';
import classes from './EventData.module.css';
import { iconOf } from './states';
import { useDayWords } from './useDayWords';
import { useRule } from './useRule';
import { useSpan } from './useSpan';

/** The fields of an event. */
export function EventData({ event }: { event: AgendaEventDetailFragment }) {
  const { t } = useTranslation();
  const words = useDayWords();
  const spanOf = useSpan();
  const ruleText = useRule();
  const icon = iconOf(event);
  const clients = useThing('client');
  const reminders = event.reminders?.map(spanOf).join(', ');
  return (
    <dl className={classes.list}>
      <Item name={t('agenda.when')}>
        <span className={classes.when}>{words.when(event)}</span>
      </Item>
      <Item name={t('agenda.state')}>
        <span className={classes.state}>
          {icon && <Icon name={icon} size={15} />} {t(`agenda.states.${event.state}`)}
          {event.kind === 'FOLLOW_UP' && ` · ${t('agenda.followUp')}`}
          {event.actionRequired && ` · ${t('agenda.actionRequired')}`}
        </span>
      </Item>
      {event.client && (
        <Item name={t('agenda.client')}>
          {clients ? (
            <Anchor component={Link} href={clients.pathOf(event.client.id)}>
              {event.client.name}
            </Anchor>
          ) : (
            event.client.name
          )}
        </Item>
      )}
      <Item name={t('agenda.assignee')}>{event.assignee?.name ?? t('agenda.pool')}</Item>
      {event.location && <Item name={t('agenda.fields.location')}>{event.location}</Item>}
      {event.description && (
        <Item name={t('agenda.fields.description')}>
          <span className={classes.text}>{event.description}</span>
        </Item>
      )}
      {event.series && <Item name={t('agenda.repeats')}>{ruleText(event.series.rule)}</Item>}
      <Item name={t('agenda.fields.reminders')}>
        {event.reminders === null || event.reminders === undefined
          ? t('agenda.remindAsSet')
          : reminders || t('agenda.noReminders')}
      </Item>
    </dl>
  );
}

const Item = ({ name, children }: { name: string; children: ReactNode }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);
