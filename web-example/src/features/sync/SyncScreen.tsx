import { Button, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { failureIn } from '../../api/failure';
import { type SyncOverviewQuery, SyncOverviewDocument } from '../../api/gql/graphql';
import { FailureNote } from '../../app/FailureNote';
import { useScreen } from '../../app/useScreen';
import { useChanges } from '../../live/Live';
import { Counts } from './Counts';
import { DiscardDialog } from './DiscardDialog';
import { Groups, groupsOf } from './Groups';
import { Health } from './Health';
import classes from './SyncScreen.module.css';
import { TroubleNote } from './TroubleNote';
import { useActions, type Which } from './useActions';
import { CALM, useConcerns } from './useConcerns';

// An answer without failures contains no SyncState, so the cache could not tell that an action affects it.
const context = { additionalTypenames: ['SyncState'] };

/** The status of the synchronisation with Odoo, and its failures; for admins. */
export function SyncScreen() {
  const { t } = useTranslation();
  const heading = useScreen(t('sync.title'));
  const [query, ask] = useQuery({ query: SyncOverviewDocument, context });
  const { data, error } = query;
  const refetch = () => ask({ requestPolicy: 'network-only' });
  useChanges(useConcerns(), query, refetch, CALM);
  return (
    <Stack gap="lg">
      <header>
        <Title order={1} size="h2" {...heading}>
          {t('sync.title')}
        </Title>
        <Text c="dimmed">{t('sync.subtitle')}</Text>
      </header>
      {error && <FailureNote failure={failureIn(error)} retry={refetch} />}
      {!data && !error && <Skeleton h="20rem" aria-label={t('app.loading')} />}
      {data && (
        <>
          <Health health={data.syncHealth} />
          <Counts counts={data.syncCounts} />
          <FailureSection overview={data} />
        </>
      )}
    </Stack>
  );
}

function FailureSection({ overview }: { overview: SyncOverviewQuery }) {
  const { t } = useTranslation();
  const title = useRef<HTMLHeadingElement>(null);
  const opener = useRef<Element | null>(null);
  // The pressed button disappears with its failure, so the focus moves to the heading.
  const { running, told, trouble, retry, discard } = useActions(() => title.current?.focus());
  const [discarding, setDiscarding] = useState<{ which: Which; what: string } | null>(null);
  const groups = groupsOf(overview.syncFailureGroups);
  const waiting = overview.syncCounts.some(({ status }) => status === 'PENDING' || status === 'IN_FLIGHT');
  const again = overview.syncCounts.some(({ status }) => status === 'ERROR');
  return (
    <section aria-labelledby="sync-failures">
      <Group justify="space-between" mb="xs" mih="2.25rem">
        <h2 id="sync-failures" ref={title} tabIndex={-1} className={classes.title}>
          {t('sync.failures')}
        </h2>
        {groups.length > 0 && (
          <Button variant="default" size="xs" disabled={running} onClick={() => void retry({ all: true })}>
            {t('sync.retryAll')}
          </Button>
        )}
      </Group>
      <Text role="status" size="sm" className={classes.told}>
        {told}
      </Text>
      {trouble && <TroubleNote trouble={trouble} />}
      {groups.length === 0 ? (
        <Text c="dimmed">
          {t('sync.empty')} {waiting && t('sync.emptyWaiting')} {again && t('sync.emptyAgain')}
        </Text>
      ) : (
        <Groups
          groups={groups}
          running={running}
          retry={(which) => void retry(which)}
          discard={(which, what) => {
            opener.current = document.activeElement;
            setDiscarding({ which, what });
          }}
        />
      )}
      {discarding && (
        <DiscardDialog
          what={discarding.what}
          discard={(reason) => discard(discarding.which, reason)}
          close={(done) => {
            setDiscarding(null);
            if (!done && opener.current instanceof HTMLElement) opener.current.focus();
          }}
        />
      )}
    </section>
  );
}
