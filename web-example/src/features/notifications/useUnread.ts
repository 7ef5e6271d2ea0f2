import { useCallback, useEffect, useRef, useState } from 'react';
import { useClient } from 'urql';
import { UnreadCountDocument } from '../../api/gql/graphql';
import { useFeed, useLiveState } from '../../live/Live';

/** How many notifications are unread: asked once, then told by the stream. Null until it is known. */
export function useUnread() {
  const api = useClient();
  const away = useLiveState() === 'away';
  const [count, setCount] = useState<number | null>(null);
  const items = useRef(0);
  const askAnew = useCallback(async () => {
    const before = items.current;
    const { data } = await api.query(UnreadCountDocument, {}, { requestPolicy: 'network-only' });
    // An item that came meanwhile knows better.
    if (data && items.current === before) setCount(data.notificationUnreadCount);
  }, [api]);
  useEffect(() => {
    if (!away) void askAnew();
  }, [away, askAnew]);
  useFeed((item) => {
    if (!item) return void askAnew();
    if (item.__typename !== 'NotificationNew') return;
    items.current += 1;
    setCount(item.unreadCount);
  });
  return { count, askAnew };
}
