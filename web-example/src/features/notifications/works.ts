import {
  NotificationMarkAllReadDocument, NotificationMarkReadDocument, NotificationMarkUnreadDocument,
} from '../../api/gql/graphql';
import type { WorkOf } from '../../offline/works';

/** What can be done without a connection. */
export const documents = {
  NotificationMarkAllRead: NotificationMarkAllReadDocument,
  NotificationMarkRead: NotificationMarkReadDocument,
  NotificationMarkUnread: NotificationMarkUnreadDocument,
};

export type Mark = WorkOf<typeof documents>;
