import { Button, Center, Loader, Stack, Text } from '@mantine/core';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Redirect, Route, Switch } from 'wouter';
import type { ViewerFragment } from '../api/gql/graphql';
import { AgendaScreen } from '../features/agenda/AgendaScreen';
import { agendaScreen } from '../features/agenda/path';
import { ClientScreen } from '../features/clients/ClientScreen';
import { ClientsScreen } from '../features/clients/ClientsScreen';
import { allClients } from '../features/clients/path';
import { HomeScreen } from '../features/dashboard/HomeScreen';
import { syncScreen } from '../features/sync/path';
import { SyncScreen } from '../features/sync/SyncScreen';
import { LiveProvider } from '../live/Live';
import { KeepInStep, OfflineProvider, useDevice } from '../offline/Offline';
import { LoginScreen } from '../session/LoginScreen';
import { restore, useSession } from '../session/session';
import { ViewerProvider } from '../session/Viewer';
import { Frame } from './Frame';

export function App() {
  const session = useSession();
  useEffect(restore, []);
  switch (session.phase) {
    case 'restoring':
      return <Waiting />;
    case 'unreachable':
      return <Unreachable />;
    case 'out':
      return <LoginScreen ended={session.ended} />;
    case 'in':
      return (
        <ViewerProvider key={session.viewer.id} value={session.viewer}>
          <OfflineProvider userId={session.viewer.id}>
            <Screens viewer={session.viewer} />
          </OfflineProvider>
        </ViewerProvider>
      );
  }
}

function Screens({ viewer }: { viewer: ViewerFragment }) {
  const { cursor } = useDevice();
  return (
    <LiveProvider after={cursor}>
      <KeepInStep />
      <Frame>
        <Switch>
          <Route path="/">
            <HomeScreen />
          </Route>
          <Route path={allClients}>
            <ClientsScreen />
          </Route>
          <Route path={`${allClients}/:id`}>{({ id }) => <ClientScreen key={id} id={decodeURIComponent(id)} />}</Route>
          <Route path={agendaScreen}>
            <AgendaScreen />
          </Route>
          {viewer.role === 'ADMIN' && (
            <Route path={syncScreen}>
              <SyncScreen />
            </Route>
          )}
          <Route>
            <Redirect to="/" replace />
          </Route>
        </Switch>
      </Frame>
    </LiveProvider>
  );
}

function Waiting() {
  const { t } = useTranslation();
  return (
    <Center mih="100dvh" role="status">
      <Loader aria-label={t('app.loading')} />
    </Center>
  );
}

function Unreachable() {
  const { t } = useTranslation();
  return (
    <Center component="main" mih="100dvh" p="md">
      <Stack align="center">
        <Text role="alert">{t('failures.NETWORK')}</Text>
        <Button onClick={restore}>{t('app.retry')}</Button>
      </Stack>
    </Center>
  );
}
