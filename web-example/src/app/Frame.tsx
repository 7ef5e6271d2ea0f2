import { VisuallyHidden } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'wouter';
import { useFeatures } from '../features/Feature';
import { useViewer } from '../session/Viewer';
import { Brand } from './Brand';
import classes from './Frame.module.css';
import { Icon } from './Icon';
import { LanguageSwitch } from './LanguageSwitch';
import { LogOut } from './LogOut';
import { OfflineState } from './OfflineState';
import { useScreens } from './useScreens';

function Navigation() {
  const { t } = useTranslation();
  const [here] = useLocation();
  return (
    <nav className={classes.screens} aria-label={t('app.screens')}>
      {useScreens().map(
        ({ path, nav }) =>
          nav && (
            <Link key={path} href={path} aria-current={here === path || here.startsWith(`${path}/`) ? 'page' : undefined}>
              <Icon name={nav.icon} /> {t(nav.text)}
            </Link>
          ),
      )}
    </nav>
  );
}

/** The header and navigation around every screen of a signed-in person. */
export function Frame({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const viewer = useViewer();
  const features = useFeatures();
  return (
    <>
      <header className={classes.header}>
        <div className={classes.bar}>
          <Link href="/" className={classes.home} aria-label={t('app.home')}>
            <Brand />
          </Link>
          <Navigation />
          <span className={classes.viewer}>
            <VisuallyHidden>{t('session.signedInAs')} </VisuallyHidden>
            <span className={classes.name}>{viewer.name}</span> <span>{t(`roles.${viewer.role}`)}</span>
          </span>
          {features.map(({ Header }, index) => Header && <Header key={index} />)}
          <LanguageSwitch />
          <LogOut />
        </div>
        <OfflineState />
      </header>
      <main className={classes.main}>{children}</main>
    </>
  );
}
