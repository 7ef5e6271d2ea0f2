import { Skeleton, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { failureIn } from '../../api/failure';
import {
  type AgendaChangeFragment, type AgendaEventDetailFragment, AgendaEventDetailsDocument,
  type AgendaEventFragment,
} from '../../api/gql/graphql';
import { Dialog } from '../../app/Dialog';
import { FailureNote } from '../../app/FailureNote';
import { Note } from '../../app/Note';
import { useChanges } from '../../live/Live';
import { useWorks } from '../../offline/Offline';
import { WaitsSign } from '../../offline/WaitsSign';
import { concernsAgenda } from './concerns';
import { type Change, EventActions } from './EventActions';
import { EventData } from './EventData';
import { type FormAction, forms } from './forms';
import { asLeft, unsentOf } from './unsent';
import type { Sent } from './useSend';
import { Warnings } from './Warnings';
import { documents } from './works';

type Props = {
  id: string;
  /** The event as the calendar shows it, used when it cannot be fetched. */
  seen: AgendaEventFragment | undefined;
  heard: (event: AgendaEventFragment) => void;
  close: () => void;
};

/** An event with its actions. */
export function EventDialog({ id, seen, heard, close }: Props) {
  const { t } = useTranslation();
  const [query, ask] = useQuery({ query: AgendaEventDetailsDocument, variables: { eventId: id } });
  const { data, error } = query;
  const refetch = () => ask({ requestPolicy: 'network-only' });
  useChanges((item) => concernsAgenda(item, data?.agendaEvent ? [data.agendaEvent] : []), query, refetch);
  const [action, setAction] = useState<FormAction | null>(null);
  const [told, setTold] = useState('');
  const [warnings, setWarnings] = useState<AgendaChangeFragment['warnings']>([]);
  const works = useWorks(documents);
  const asked = data ? data.agendaEvent : error && seen && isDetailed(seen) ? seen : undefined;
  const event = asked && asLeft(asked, works);
  const waits = asked ? unsentOf(asked.id, works).length > 0 : false;
  const ActionForm = action && forms[action];

  const done = (what: Change) => (sent: NonNullable<Sent>) => {
    setAction(null);
    setWarnings(sent === 'waits' ? [] : sent.warnings);
    if (sent === 'waits') return setTold(t('offline.kept'));
    if (sent.agendaEvent) heard(sent.agendaEvent);
    setTold(t(`agenda.done.${what}`));
  };

  return (
    <Dialog size="lg" title={event?.title ?? t('agenda.event')} close={close}>
      <Stack gap="sm">
        {error && !event && <FailureNote failure={failureIn(error)} retry={refetch} />}
        {asked === null && <Note tone="warning">{t('agenda.notFound')}</Note>}
        {!data && !error && <Skeleton h="10rem" aria-label={t('app.loading')} />}
        {waits && <WaitsSign />}
        {event && <EventData event={event} />}
        <Warnings warnings={warnings} />
        <Text role="status" size="sm" c="var(--accent)">
          {told}
        </Text>
        {event && ActionForm && action && (
          <ActionForm key={action} event={event} done={done(action)} cancel={() => setAction(null)} />
        )}
        {event && !action && (
          <EventActions
            event={event}
            choose={(next) => {
              setTold('');
              setAction(next);
            }}
            tell={setTold}
            done={(what, sent) => done(what)(sent)}
          />
        )}
      </Stack>
    </Dialog>
  );
}

/** Up to a week, the calendar fetches its events with these details. */
const isDetailed = (event: AgendaEventFragment): event is AgendaEventDetailFragment => 'availableActions' in event;
