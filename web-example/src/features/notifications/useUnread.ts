import { useCallback, useEffect, useRef, useState } from 'react';
import { useClient } from 'urql';
import { UnreadCountDocument } from '../../api/gql/graphql';
import { useFeed, useLiveState } from '../../live/Live';

/** How many notifications are unread: asked once, then told by the stream. Null until it is known. */
export function useUnread() {
  const api = useClient();
  const away = useLiveState() === 'away';
  const [count, setCount] = useState<number | null>(null);
  const latest = useRef(0);
  /** Takes the count that an answer tells, unless something newer was asked or told meanwhile, which knows better. */
  const take = useCallback(async (answer: Promise<number | undefined>) => {
    const asked = (latest.current += 1);
    const unread = await answer;
    if (unread !== undefined && latest.current === asked) setCount(unread);
  }, []);
  const askAnew = useCallback(() => {
    const asked = api.query(UnreadCountDocument, {}, { requestPolicy: 'network-only' }).toPromise();
    return take(asked.then(({ data }) => data?.notificationUnreadCount));
  }, [api, take]);
  useEffect(() => {
    if (!away) void askAnew();
  }, [away, askAnew]);
  useFeed((item) => {
    if (!item) return void askAnew();
    if (item.__typename !== 'NotificationNew') return;
    latest.current += 1;
    setCount(item.unreadCount);
  });
  return { count, take };
}
