import { useState } from 'react';
import type { Failure } from '../../api/failure';
import { newKey } from '../../api/key';
import { useDevice } from '../../offline/Offline';
import type { Subject } from '../../offline/works';
import { documents } from './works';

const marks = {
  read: documents.NotificationMarkRead,
  unread: documents.NotificationMarkUnread,
  /** Up to the given one: notifications that came later stay unread. */
  allRead: documents.NotificationMarkAllRead,
};

/** Marks notifications. The feed tells the other tabs; `take` gets the new unread count even while the feed is down. */
export function useMark(take: (unread: Promise<number | undefined>) => Promise<void>) {
  const { queue } = useDevice();
  const [failure, setFailure] = useState<Failure | null>(null);
  async function send(as: keyof typeof marks, id: string, about: Subject) {
    const outcome = await queue.run(marks[as], { id, idempotencyKey: newKey() }, about);
    setFailure('failure' in outcome ? outcome.failure : null);
    return 'payload' in outcome ? outcome.payload.unreadCount : undefined;
  }
  const mark = (as: keyof typeof marks, id: string, about: Subject) => take(send(as, id, about));
  return { mark, failure };
}
