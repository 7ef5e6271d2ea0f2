import { CloseButton } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { NotificationFragment } from '../../api/gql/graphql';
import { Icon } from '../../app/Icon';
import classes from './Notice.module.css';
import { useAbout } from './useAbout';
import { useTitle } from './useTitle';

const STAYS = 8000;

type Props = {
  notification: NotificationFragment | null;
  follow: (notification: NotificationFragment) => void;
  close: () => void;
};

/** Shows a new notification briefly. It closes by itself, but not while it is hovered or focused. */
export function Notice({ notification, follow, close }: Props) {
  const { t } = useTranslation();
  const titleOf = useTitle();
  const aboutOf = useAbout();
  const about = notification && aboutOf(notification);
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (!notification) return setHeld(false);
    if (held) return;
    const timer = setTimeout(close, STAYS);
    return () => clearTimeout(timer);
  }, [notification, held]);
  return (
    <div role="status" className={classes.place}>
      {notification && about && (
        <div
          key={notification.id}
          className={classes.notice}
          onMouseEnter={() => setHeld(true)}
          onMouseLeave={() => setHeld(false)}
          onFocus={() => setHeld(true)}
          onBlur={() => setHeld(false)}
        >
          <span className={classes.icon}>
            <Icon name={about.icon} size={20} />
          </span>
          <div className={classes.text}>
            <p>{titleOf(notification)}</p>
            {about?.link && (
              <Link href={about.link.path} onClick={() => follow(notification)}>
                {about.link.text}
              </Link>
            )}
          </div>
          <CloseButton aria-label={t('app.close')} onClick={close} />
        </div>
      )}
    </div>
  );
}
