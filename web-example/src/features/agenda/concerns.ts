import type { AgendaEventFragment } from '../../api/gql/graphql';
import type { FeedItem } from '../../live/Live';

/** Whether the shown events may be out of date: the agenda changed, or a client of one of them. */
export const concernsAgenda = (item: FeedItem, events: readonly AgendaEventFragment[] = []) =>
  item.__typename === 'AgendaChanged' ||
  item.__typename === 'AccessLost' ||
  (item.__typename === 'ClientUpdated' && events.some(({ client }) => client?.id === item.clientId));
