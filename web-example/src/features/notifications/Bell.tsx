import { Drawer, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import type { NotificationFragment } from '../../api/gql/graphql';
import { Icon } from '../../app/Icon';
import { useFeed } from '../../live/Live';
import { useWorks } from '../../offline/Offline';
import classes from './Bell.module.css';
import { Notice } from './Notice';
import { NotificationList } from './NotificationList';
import { countWith } from './unsent';
import { useAbout } from './useAbout';
import { useMark } from './useMark';
import { useTitle } from './useTitle';
import { useUnread } from './useUnread';
import { documents } from './works';

const MOST = 99;

/** The number of unread notifications and, when opened, the list of all: beside the screen, or over a narrow one. */
export function Bell() {
  const { t } = useTranslation();
  const { count: told, take } = useUnread();
  const works = useWorks(documents);
  const count = told === null ? null : countWith(told, works);
  const [path] = useLocation();
  const aboutOf = useAbout();
  const titleOf = useTitle();
  const [opened, setOpened] = useState(false);
  const [left, setLeft] = useState(false);
  const [notice, setNotice] = useState<NotificationFragment | null>(null);
  const { mark, failure } = useMark(take);

  useFeed((item) => {
    if (item?.__typename !== 'NotificationNew') return;
    if (item.kind === 'CREATED' && !item.notification.readAt && !opened) setNotice(item.notification);
    // Read in another tab: close the notice.
    if (item.notification.readAt && item.notification.id === notice?.id) setNotice(null);
  });

  /** Marks a notification as read when its link is followed. */
  function follow(notification: NotificationFragment) {
    const { link } = aboutOf(notification);
    if (!notification.readAt) void mark('read', notification.id, { title: titleOf(notification), path: link?.path ?? '/' });
    setNotice(null);
    // A new screen takes the focus itself; on the same screen, the focus returns to the bell.
    setLeft(link ? link.path !== path : false);
    setOpened(false);
  }

  return (
    <>
      <UnstyledButton
        className={classes.bell}
        aria-label={count === null ? t('notifications.title') : t('notifications.bell', { count })}
        aria-haspopup="dialog"
        aria-expanded={opened}
        onClick={() => {
          setNotice(null);
          setLeft(false);
          setOpened(true);
        }}
      >
        <Icon name="bell" size={22} />
        {count !== null && count > 0 && (
          <span key={count} className={classes.count}>
            {count > MOST ? `${MOST}+` : count}
          </span>
        )}
      </UnstyledButton>
      <VisuallyHidden role="status">{count !== null && t('notifications.told', { count })}</VisuallyHidden>
      <Notice notification={notice} follow={follow} close={() => setNotice(null)} />
      <Drawer
        opened={opened}
        onClose={() => setOpened(false)}
        position="right"
        size="min(27rem, 100%)"
        padding="md"
        title={t('notifications.title')}
        returnFocus={!left}
        closeButtonProps={{ 'aria-label': t('app.close') }}
        classNames={{ content: classes.panel, header: classes.head, title: classes.title, body: classes.body }}
      >
        <NotificationList unread={count ?? 0} mark={mark} failure={failure} follow={follow} />
      </Drawer>
    </>
  );
}
