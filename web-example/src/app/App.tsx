import { Button, Center, Loader, Stack, Text } from '@mantine/core';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Redirect, Route, Switch } from 'wouter';
import { features } from '../features';
import { FeaturesProvider } from '../features/Feature';
import { LiveProvider } from '../live/Live';
import { KeepInStep, OfflineProvider, useDevice } from '../offline/Offline';
import { LoginScreen } from '../session/LoginScreen';
import { restore, useSession } from '../session/session';
import { ViewerProvider } from '../session/Viewer';
import { Frame } from './Frame';
import { useScreens } from './useScreens';

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
          <FeaturesProvider value={features}>
            <OfflineProvider userId={session.viewer.id}>
              <Screens />
            </OfflineProvider>
          </FeaturesProvider>
        </ViewerProvider>
      );
  }
}

function Screens() {
  const { cursor } = useDevice();
  const screens = useScreens();
  return (
    <LiveProvider after={cursor}>
      <KeepInStep />
      <Frame>
        <Switch>
          {screens.map(({ path, Screen }) => (
            <Route<{ id?: string }> key={path} path={path}>
              {({ id = '' }) => <Screen key={id} id={decodeURIComponent(id)} />}
            </Route>
          ))}
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
