import { type FeedItem, type Query, useChanges } from '../../live/Live';

/** The clients that an item is about. */
function clientsOf(item: FeedItem): string[] {
  switch (item.__typename) {
    case 'ClientUpdated':
      return [item.clientId];
    case 'EventlogNew':
      return [item.entry.client.id];
    case 'AccessLost':
      return item.ids;
    default:
      return [];
  }
}

/** Fetches a query again when something happened to a client. */
export const useClientChanges = (id: string, query: Query, fetchAgain: () => void) =>
  useChanges((item) => clientsOf(item).includes(id), query, fetchAgain);
