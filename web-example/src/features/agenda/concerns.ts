import type { AgendaEventFragment } from '../../api/gql/graphql';
import type { FeedItem } from '../../live/Live';

/** Whether the agenda may be other than it is shown: something in it changed, or a client that it names. */
export const concernsAgenda = (item: FeedItem, events: readonly AgendaEventFragment[] = []) =>
  item.__typename === 'AgendaChanged' ||
  item.__typename === 'AccessLost' ||
  (item.__typename === 'ClientUpdated' && events.some(({ client }) => client?.id === item.clientId));
