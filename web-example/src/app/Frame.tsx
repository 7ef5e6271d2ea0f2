import { VisuallyHidden } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'wouter';
import { agendaScreen } from '../features/agenda/path';
import { allClients } from '../features/clients/path';
import { Bell } from '../features/notifications/Bell';
import { syncScreen } from '../features/sync/path';
import { useViewer } from '../session/Viewer';
import { Brand } from './Brand';
import classes from './Frame.module.css';
import { Icon } from './Icon';
import { LanguageSwitch } from './LanguageSwitch';
import { LogOut } from './LogOut';
import { OfflineState } from './OfflineState';

function Screens() {
  const { t } = useTranslation();
  const [path] = useLocation();
  const { role } = useViewer();
  const current = (here: boolean) => (here ? 'page' : undefined);
  return (
    <nav className={classes.screens} aria-label={t('app.screens')}>
      <Link href="/" aria-current={current(path === '/')}>
        <Icon name="home" /> {t('dashboard.title')}
      </Link>
      <Link href={allClients} aria-current={current(path.startsWith(allClients))}>
        <Icon name="list" /> {t('clients.title')}
      </Link>
      <Link href={agendaScreen} aria-current={current(path === agendaScreen)}>
        <Icon name="calendar" /> {t('agenda.title')}
      </Link>
      {role === 'ADMIN' && (
        <Link href={syncScreen} aria-current={current(path === syncScreen)}>
          <Icon name="sync" /> {t('sync.title')}
        </Link>
      )}
    </nav>
  );
}

/** What stands around every screen of a signed-in person. */
export function Frame({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const viewer = useViewer();
  return (
    <>
      <header className={classes.header}>
        <div className={classes.bar}>
          <Link href="/" className={classes.home} aria-label={t('app.home')}>
            <Brand />
          </Link>
          <Screens />
          <span className={classes.viewer}>
            <VisuallyHidden>{t('session.signedInAs')} </VisuallyHidden>
            <span className={classes.name}>{viewer.name}</span> <span>{t(`roles.${viewer.role}`)}</span>
          </span>
          <Bell />
          <LanguageSwitch />
          <LogOut />
        </div>
        <OfflineState />
      </header>
      <main className={classes.main}>{children}</main>
    </>
  );
}
