import type { NotificationKind } from '../../api/gql/graphql';
import type { IconName } from '../../app/Icon';

const icons: Record<NotificationKind, IconName> = {
  AGENDA_ASSIGNED: 'calendar', AGENDA_REMINDER: 'calendar', CLIENT_ASSIGNED: 'assigned', COLLEAGUE_WROTE: 'note', SYNC_FAILED: 'sync',
};

/** A server of tomorrow may tell of things that this screen does not know. */
export const iconOf = (kind: NotificationKind): IconName => icons[kind] ?? 'bell';
