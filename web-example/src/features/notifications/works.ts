import {
  NotificationMarkAllReadDocument, NotificationMarkReadDocument, NotificationMarkUnreadDocument,
} from '../../api/gql/graphql';
import type { WorkOf } from '../../offline/works';

/** The mutations that can be made offline. */
export const documents = {
  NotificationMarkAllRead: NotificationMarkAllReadDocument,
  NotificationMarkRead: NotificationMarkReadDocument,
  NotificationMarkUnread: NotificationMarkUnreadDocument,
};

export type Mark = WorkOf<typeof documents>;
