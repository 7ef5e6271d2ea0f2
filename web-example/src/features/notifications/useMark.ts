import { useState } from 'react';
import { useClient } from 'urql';
import { type Failure, failureIn } from '../../api/failure';
import {
  NotificationMarkAllReadDocument, NotificationMarkReadDocument, NotificationMarkUnreadDocument,
} from '../../api/gql/graphql';
import { newKey } from '../../api/key';

const marks = {
  read: NotificationMarkReadDocument,
  unread: NotificationMarkUnreadDocument,
  /** Up to this one: what nobody has seen yet stays unread. */
  allRead: NotificationMarkAllReadDocument,
};

/** Marks notifications. The stream tells all tabs; `take` gets how many are unread then, also while it is away. */
export function useMark(take: (unread: Promise<number | undefined>) => Promise<void>) {
  const api = useClient();
  const [failure, setFailure] = useState<Failure | null>(null);
  async function send(as: keyof typeof marks, id: string) {
    const { data, error } = await api.mutation(marks[as], { input: { id, idempotencyKey: newKey() } });
    setFailure(error ? failureIn(error) : null);
    return data?.payload.unreadCount;
  }
  const mark = (as: keyof typeof marks, id: string) => take(send(as, id));
  return { mark, failure };
}
