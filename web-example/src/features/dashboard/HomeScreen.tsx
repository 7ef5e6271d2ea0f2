import { Paper, Skeleton, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { Link } from 'wouter';
import { DashboardDocument, type DashboardSubscription, TeamDocument } from '../../api/gql/graphql';
import { Figure } from '../../app/Figure';
import { Icon, type IconName } from '../../app/Icon';
import { useScreen } from '../../app/useScreen';
import { useMoment } from '../../i18n/useMoment';
import { useChanges, useFollowed, useLiveState } from '../../live/Live';
import { useKept } from '../../offline/useKept';
import { useViewer } from '../../session/Viewer';
import { useThing } from '../Feature';
import { ByStatus } from './ByStatus';
import classes from './HomeScreen.module.css';

/** Figures of all clients that the person may see, updated live. */
export function HomeScreen() {
  const { t } = useTranslation();
  const heading = useScreen(t('dashboard.title'));
  const board = useKept('dashboard', useFollowed(DashboardDocument)?.dashboard);
  return (
    <Stack gap="lg">
      <header className={classes.header}>
        <div>
          <Title order={1} size="h2" {...heading}>
            {t('dashboard.title')}
          </Title>
          <Scope />
        </div>
        <Freshness at={board?.at} />
      </header>
      {board ? <Figures figures={board.clients} /> : <Skeleton h="22rem" aria-label={t('app.loading')} />}
    </Stack>
  );
}

/** Whose clients the figures count. */
function Scope() {
  const { t } = useTranslation();
  const { role } = useViewer();
  const [query, ask] = useQuery({ query: TeamDocument });
  // Fetched again only when the viewer changes: another role may come with another team.
  useChanges(() => false, query, () => ask({ requestPolicy: 'network-only' }));
  return <Text c="dimmed">{t(`dashboard.scope.${role}`, { team: query.data?.viewer?.team?.name ?? '' })}</Text>;
}

type Clients = DashboardSubscription['dashboard']['clients'];

function Figures({ figures }: { figures: Clients }) {
  const { t } = useTranslation();
  const list = useThing('client')?.all;
  const { clients, byStatus, openActivities, overdueActivities } = figures;
  return (
    <>
      <ul className={classes.tiles} aria-label={t('dashboard.figures')}>
        <Tile name={t('dashboard.clients')} icon="meeting" value={clients}>
          {list && (
            <Link href={list} className={classes.link}>
              {t('dashboard.seeClients')}
            </Link>
          )}
        </Tile>
        <Tile name={t('dashboard.open')} icon="clock" value={openActivities} />
        <Tile name={t('dashboard.overdue')} icon="late" value={overdueActivities} tone={overdueActivities > 0 ? 'late' : undefined} />
      </ul>
      <ByStatus byStatus={byStatus} total={clients} />
    </>
  );
}

type TileProps = { name: string; icon: IconName; value: number; tone?: 'late' | undefined; children?: ReactNode };

const Tile = ({ name, icon, value, tone, children }: TileProps) => (
  <Paper component="li" withBorder className={classes.tile} data-tone={tone}>
    <span className={classes.name}>
      <Icon name={icon} /> {name}
    </span>{' '}
    <span className={classes.value}>
      <Figure value={value} />
    </span>{' '}
    {children}
  </Paper>
);

/** Whether the figures are live, and when they last changed. */
function Freshness({ at }: { at: string | undefined }) {
  const { t } = useTranslation();
  const state = useLiveState();
  const moment = useMoment();
  return (
    <p className={classes.freshness}>
      <span className={classes.state} data-state={state}>
        {t(`dashboard.${state}`)}
      </span>
      {at && (
        <span>
          {t(state === 'live' ? 'dashboard.unchanged' : 'dashboard.asOf')}{' '}
          <time dateTime={at} title={moment(at).long}>
            {moment(at).exact}
          </time>
        </span>
      )}
    </p>
  );
}
