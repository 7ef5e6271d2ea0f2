import { Anchor, Button, Group, Paper, Skeleton, Stack, Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useClient, useQuery } from 'urql';
import { Link } from 'wouter';
import { type Failure, failureIn } from '../../api/failure';
import { AgendaOfClientDocument, ClientNextTouchSetDocument, type NextTouchInput } from '../../api/gql/graphql';
import { useKeyed } from '../../api/key';
import { FailureNote } from '../../app/FailureNote';
import { Icon } from '../../app/Icon';
import { Note } from '../../app/Note';
import { useMoment } from '../../i18n/useMoment';
import { useChanges } from '../../live/Live';
import { useViewer } from '../../session/Viewer';
import type { OpenClient } from '../Feature';
import classes from './ClientAgenda.module.css';
import { wallOf } from './days';
import { NextTouchDialog } from './NextTouchDialog';
import { pathTo } from './path';
import { daysOf } from './place';
import { useAgendaErrorText } from './useAgendaErrorText';
import { useDayWords } from './useDayWords';

const YEAR = 365 * 86_400_000;
const refetching = { additionalTypenames: ['AgendaEvent', 'EventLogEntry'] };

/** The next follow-up of a client, and the next events. */
export function ClientAgenda({ client: { id: clientId } }: { client: OpenClient }) {
  const { t } = useTranslation();
  const words = useDayWords();
  const moment = useMoment();
  const { timeZone } = useViewer();
  const textOf = useAgendaErrorText();
  const api = useClient();
  const keyed = useKeyed();
  const range = useMemo(() => {
    const now = Date.now();
    return { start: new Date(now).toISOString(), end: new Date(now + YEAR).toISOString(), timeZone };
  }, [clientId, timeZone]);
  // The range begins now, so it is different each time; the offline answer is kept under one name.
  const context = useMemo(() => ({ additionalTypenames: ['AgendaEvent'], keptAs: `agenda.${clientId}` }), [clientId]);
  const [query, ask] = useQuery({ query: AgendaOfClientDocument, variables: { id: clientId, range }, context });
  const { data, error } = query;
  const refetch = () => ask({ requestPolicy: 'network-only' });
  useChanges(({ __typename }) => __typename === 'AgendaChanged' || __typename === 'AccessLost', query, refetch, 150);
  const [setting, setSetting] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [refusal, setRefusal] = useState('');
  const client = data?.client;
  const touch = client?.nextTouch;

  async function set(nextTouch: NextTouchInput | null) {
    const answer = await api.mutation(
      ClientNextTouchSetDocument,
      { input: keyed({ clientId, nextTouch }) },
      refetching,
    );
    setFailure(answer.error ? failureIn(answer.error) : null);
    const refused = answer.data?.payload.userErrors[0];
    setRefusal(refused ? textOf(refused) : '');
    if (answer.data && !refused) setSetting(false);
  }

  return (
    <Paper component="section" withBorder p="md" aria-labelledby="client-agenda">
      <h2 id="client-agenda" className={classes.title}>
        {t('agenda.title')}
      </h2>
      {error && !data && <FailureNote failure={failureIn(error)} retry={refetch} />}
      {!data && !error && <Skeleton h="5rem" aria-label={t('app.loading')} />}
      {client && (
        <Stack gap="sm">
          <div role="group" aria-label={t('agenda.touch.title')}>
            <Text size="sm" c="dimmed">
              {t('agenda.touch.title')}
            </Text>
            {touch ? (
              <p className={classes.touch}>
                <Icon name="flag" size={15} />
                <span>
                  <b>{touch.reason}</b>
                  <br />
                  <Anchor component={Link} href={pathTo('day', wallOf(timeZone, touch.at).day)}>
                    {moment(touch.at).short}
                  </Anchor>
                </span>
              </p>
            ) : (
              <p className={classes.none}>{t('agenda.touch.none')}</p>
            )}
            <Group gap="xs" mt={6}>
              <Button size="compact-sm" variant="default" onClick={() => setSetting(true)}>
                {t(touch ? 'agenda.touch.change' : 'agenda.touch.set')}
              </Button>
              {touch && (
                <Button size="compact-sm" variant="default" onClick={() => void set(null)}>
                  {t('agenda.touch.clear')}
                </Button>
              )}
            </Group>
            {!setting && failure && <FailureNote failure={failure} />}
            {!setting && refusal && <Note tone="error">{refusal}</Note>}
          </div>
          <div>
            <Text size="sm" c="dimmed" id="client-events">
              {t('agenda.nextEvents')}
            </Text>
            {client.agendaEvents.nodes.length === 0 && <p className={classes.none}>{t('agenda.nothing')}</p>}
            <ul className={classes.events} aria-labelledby="client-events">
              {client.agendaEvents.nodes.map((event) => (
                <li key={event.id}>
                  <Anchor component={Link} href={pathTo('day', daysOf(event, timeZone)[0])}>
                    {event.title}
                  </Anchor>
                  <span>
                    {words.when(event)} · {t(`agenda.states.${event.state}`)}
                  </span>
                </li>
              ))}
            </ul>
          </div>
        </Stack>
      )}
      {setting && (
        <NextTouchDialog
          touch={touch ?? null}
          failure={failure}
          refusal={refusal}
          set={(next) => void set(next)}
          close={() => {
            setFailure(null);
            setRefusal('');
            setSetting(false);
          }}
        />
      )}
    </Paper>
  );
}
