import type { NotificationFragment } from '../../api/gql/graphql';
import type { Mark } from './works';

const marks = (works: readonly Mark[]) => works.filter(({ refused }) => !refused);

/** The notification with the unsent marks of this device applied, and whether one of them is unsent. */
export function asMarked(notification: NotificationFragment, works: readonly Mark[]): NotificationFragment & { waits: boolean } {
  let shown = { ...notification, waits: false };
  for (const { name, input, at } of marks(works)) {
    const meant = name === 'NotificationMarkAllRead' || input.id === notification.id;
    if (!meant) continue;
    const readAt = name === 'NotificationMarkUnread' ? null : (shown.readAt ?? new Date(at).toISOString());
    shown = { ...shown, readAt, waits: shown.waits || readAt !== shown.readAt };
  }
  return shown;
}

/** How many are unread with the unsent marks of this device applied. */
export const countWith = (count: number, works: readonly Mark[]) =>
  marks(works).reduce((unread, { name }) => {
    if (name === 'NotificationMarkAllRead') return 0;
    return name === 'NotificationMarkRead' ? Math.max(0, unread - 1) : unread + 1;
  }, count);
