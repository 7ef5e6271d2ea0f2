import { useCallback, useEffect, useRef, useState } from 'react';
import { useClient } from 'urql';
import { UnreadCountDocument } from '../../api/gql/graphql';
import { useFeed, useLiveState } from '../../live/Live';

/** How many notifications are unread: fetched once, then updated by the feed. Null until it is known. */
export function useUnread() {
  const api = useClient();
  const away = useLiveState() === 'away';
  const [count, setCount] = useState<number | null>(null);
  const latest = useRef(0);
  /** Takes the count of an answer, unless a newer request or feed item has come since. */
  const take = useCallback(async (answer: Promise<number | undefined>) => {
    const asked = (latest.current += 1);
    const unread = await answer;
    if (unread !== undefined && latest.current === asked) setCount(unread);
  }, []);
  const askAgain = useCallback(() => {
    const asked = api.query(UnreadCountDocument, {}, { requestPolicy: 'network-only' }).toPromise();
    return take(asked.then(({ data }) => data?.notificationUnreadCount));
  }, [api, take]);
  useEffect(() => {
    if (!away) void askAgain();
  }, [away, askAgain]);
  useFeed((item) => {
    if (!item) return void askAgain();
    if (item.__typename !== 'NotificationNew') return;
    latest.current += 1;
    setCount(item.unreadCount);
  });
  return { count, take };
}
