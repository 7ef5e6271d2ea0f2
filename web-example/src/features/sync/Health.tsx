import { Alert, Paper, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { SyncOverviewQuery } from '../../api/gql/graphql';
import { useMoment } from '../../i18n/useMoment';
import classes from './Counts.module.css';

/** The state of the exchange with Odoo: whether it is paused, when it last succeeded, and what is waiting. */
export function Health({ health }: { health: SyncOverviewQuery['syncHealth'] }) {
  const { t } = useTranslation();
  const moment = useMoment();
  const when = (at: string | null | undefined) => (at ? moment(at).short : t('sync.health.never'));
  const { restingSince, lastError, lastErrorAt, lastPushAt, lastPullAt, queueLength, waitingSince } = health;
  return (
    <Paper component="section" withBorder p="md" aria-labelledby="sync-health">
      <h2 id="sync-health" className={classes.title}>
        {t('sync.health.title')}
      </h2>
      {restingSince && (
        <Alert color="orange" mb="sm">
          {t('sync.health.resting', { when: when(restingSince) })}
        </Alert>
      )}
      <Text size="sm">{t('sync.health.pushed', { when: when(lastPushAt) })}</Text>
      <Text size="sm">{t('sync.health.pulled', { when: when(lastPullAt) })}</Text>
      <Text size="sm">
        {t('sync.health.queue', { count: queueLength })}{' '}
        {waitingSince && t('sync.health.oldest', { when: when(waitingSince) })}
      </Text>
      {lastError && (
        <Text size="sm" c="dimmed">
          {t('sync.health.error', { when: when(lastErrorAt), error: lastError })}
        </Text>
      )}
    </Paper>
  );
}
