import { Button, Skeleton, Text, VisuallyHidden } from '@mantine/core';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { Link } from 'wouter';
import { type Failure, failureIn } from '../../api/failure';
import { type NotificationFragment, NotificationsDocument } from '../../api/gql/graphql';
import { FailureNote } from '../../app/FailureNote';
import { Icon } from '../../app/Icon';
import { More, type PagesLeft, useFocusOnNew } from '../../app/More';
import { useAgo } from '../../i18n/useAgo';
import { useMoment } from '../../i18n/useMoment';
import { useChanges } from '../../live/Live';
import { useWorks } from '../../offline/Offline';
import { WaitsSign } from '../../offline/WaitsSign';
import classes from './NotificationList.module.css';
import { asMarked } from './unsent';
import { useAbout } from './useAbout';
import type { useMark } from './useMark';
import { useTitle } from './useTitle';
import { documents } from './works';

type Props = {
  unread: number;
  mark: ReturnType<typeof useMark>['mark'];
  failure: Failure | null;
  follow: (notification: NotificationFragment) => void;
};

/** The person's notifications, newest first. */
export function NotificationList(props: Props) {
  const [pages, setPages] = useState(1);
  return (
    <>
      {props.failure && <FailureNote failure={props.failure} />}
      <Pages {...props} after={null} left={pages} more={() => setPages(pages + 1)} />
    </>
  );
}

// An empty list contains no notification, so the cache could not tell that a change affects it.
const context = { additionalTypenames: ['Notification'] };

type PagesProps = Props & PagesLeft;

/** One page and, from its last cursor, the pages after it; so a new notification on top moves the following ones along. */
function Pages({ after, left, more, ...props }: PagesProps) {
  const { t } = useTranslation();
  const list = useRef<HTMLUListElement>(null);
  const [query, ask] = useQuery({ query: NotificationsDocument, variables: { after }, context });
  const { data, error, fetching } = query;
  useChanges(
    (item) => item.__typename === 'NotificationNew',
    query,
    () => ask({ requestPolicy: 'network-only' }),
  );
  useFocusOnNew(list, { after, loaded: Boolean(data) });

  if (error && !data) return <FailureNote failure={failureIn(error)} retry={() => ask({ requestPolicy: 'network-only' })} />;
  if (!data) return <Skeleton h={after ? '4rem' : '16rem'} aria-label={t('app.loading')} />;
  const { nodes, pageInfo } = data.notifications;
  const newest = nodes[0];
  const markAll = ({ id }: NotificationFragment) =>
    void props.mark('allRead', id, { title: t('notifications.markAll'), path: '/' });
  if (!after && !newest) return <Empty />;
  return (
    <>
      {!after && newest && <MarkAll none={props.unread === 0} markAll={() => markAll(newest)} />}
      <ul ref={list} className={classes.list} aria-busy={fetching}>
        {nodes.map((notification) => (
          <Row key={notification.id} notification={notification} {...props} />
        ))}
      </ul>
      <More pageInfo={pageInfo} left={left} more={more} next={(page) => <Pages {...props} {...page} />} />
    </>
  );
}

function MarkAll({ none, markAll }: { none: boolean; markAll: () => void }) {
  const { t } = useTranslation();
  return (
    <div className={classes.top}>
      <Button
        size="compact-sm"
        variant="subtle"
        // The button stays, and keeps the focus, when there is nothing left to mark.
        aria-disabled={none}
        data-disabled={none || undefined}
        onClick={() => none || markAll()}
      >
        {t('notifications.markAll')}
      </Button>
    </div>
  );
}

function Empty() {
  const { t } = useTranslation();
  return (
    <div className={classes.empty}>
      <Icon name="bell" size={32} />
      <p>{t('notifications.empty')}</p>
      <Text size="sm" c="dimmed">
        {t('notifications.emptyHint')}
      </Text>
    </div>
  );
}

type RowProps = Pick<Props, 'mark' | 'follow'> & { notification: NotificationFragment };

function Row({ notification: told, mark, follow }: RowProps) {
  const { t } = useTranslation();
  const titleOf = useTitle();
  const ago = useAgo();
  const moment = useMoment();
  const notification = asMarked(told, useWorks(documents));
  const { id, entry, createdAt, readAt, waits } = notification;
  const { icon, link } = useAbout()(notification);
  return (
    <li className={classes.row} data-unread={!readAt || undefined}>
      <span className={classes.icon}>
        <Icon name={icon} />
      </span>
      <div className={classes.text}>
        <p className={classes.title}>
          {!readAt && <VisuallyHidden>{t('notifications.unread')}: </VisuallyHidden>}
          {titleOf(notification)}
        </p>
        {link ? (
          <Link href={link.path} className={classes.client} onClick={() => follow(notification)}>
            {link.text}
          </Link>
        ) : (
          <p className={classes.hidden}>{t('notifications.hidden')}</p>
        )}
        {entry && <p className={classes.excerpt}>{entry.text}</p>}
        <div className={classes.foot}>
          <time dateTime={createdAt} title={moment(createdAt).long}>
            {ago(createdAt)}
          </time>
          {waits && <WaitsSign />}
          <Button
            size="compact-xs"
            variant="subtle"
            className={classes.mark}
            onClick={() => void mark(readAt ? 'unread' : 'read', id, { title: titleOf(notification), path: link?.path ?? '/' })}
          >
            {t(readAt ? 'notifications.markUnread' : 'notifications.markRead')}
          </Button>
        </div>
      </div>
    </li>
  );
}
