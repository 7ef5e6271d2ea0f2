import { Button, VisuallyHidden } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { logOut } from '../features/session/session';
import { useLiveState } from '../live/Live';
import { useViewer } from '../features/session/Viewer';
import { Brand } from './Brand';
import classes from './Frame.module.css';
import { Icon } from './Icon';
import { LanguageSwitch } from './LanguageSwitch';

/** Says so when changes do not come in by themselves at present. */
function LiveState() {
  const { t } = useTranslation();
  const away = useLiveState() === 'away';
  return (
    <p role="status" className={classes.live} data-away={away || undefined}>
      {away && t('app.away')}
    </p>
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
          <span className={classes.viewer}>
            <VisuallyHidden>{t('session.signedInAs')} </VisuallyHidden>
            {viewer.name}
          </span>
          <LanguageSwitch />
          <Button variant="default" size="xs" leftSection={<Icon name="logout" />} onClick={() => void logOut()}>
            {t('session.logOut')}
          </Button>
        </div>
        <LiveState />
      </header>
      <main className={classes.main}>{children}</main>
    </>
  );
}
