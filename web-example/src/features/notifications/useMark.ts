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

/** Marks notifications. The stream tells all tabs; `done` is for the time when it is away. */
export function useMark(done: () => void) {
  const api = useClient();
  const [failure, setFailure] = useState<Failure | null>(null);
  async function mark(as: keyof typeof marks, id: string) {
    const { error } = await api.mutation(marks[as], { input: { id, idempotencyKey: newKey() } });
    setFailure(error ? failureIn(error) : null);
    if (!error) done();
  }
  return { mark, failure };
}
