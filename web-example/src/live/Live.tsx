import { createContext, type ReactNode, useCallback, useContext, useEffect, useRef, useState } from 'react';
import { stringifyDocument } from '@urql/core';
import { FeedDocument, type FeedSubscription } from '../api/gql/graphql';
import { bearer, refresh } from '../features/session/session';
import { follow, type State } from './follow';

type OnClient = (id: string, changed: () => void) => () => void;

const StateContext = createContext<State>('connecting');
const ClientsContext = createContext<OnClient>(() => () => {});

const clientsOf = (item: FeedSubscription['feed']): string[] => {
  switch (item.__typename) {
    case 'ClientUpdated':
      return [item.clientId];
    case 'EventlogNew':
      return [item.entry.client.id];
    case 'AccessLost':
      return item.ids;
  }
};

/** Follows the feed for all screens of a signed-in person. */
export function LiveProvider({ after, children }: { after: Promise<string | null>; children: ReactNode }) {
  const [state, setState] = useState<State>('connecting');
  const [screens] = useState(() => new Map<string, Set<() => void>>());
  useEffect(
    () =>
      follow<FeedSubscription['feed']>({
        query: stringifyDocument(FeedDocument),
        itemOf: (data) => {
          const item = (data as FeedSubscription).feed;
          return { item, cursor: item.cursor };
        },
        after,
        token: bearer,
        renew: refresh,
        onItem: (item) => clientsOf(item).forEach((id) => screens.get(id)?.forEach((changed) => changed())),
        onGap: () => screens.forEach((some) => some.forEach((changed) => changed())),
        onState: setState,
      }),
    [screens, after],
  );
  const onClient = useCallback<OnClient>(
    (id, changed) => {
      const some = screens.get(id) ?? new Set();
      screens.set(id, some.add(changed));
      return () => {
        some.delete(changed);
        if (some.size === 0) screens.delete(id);
      };
    },
    [screens],
  );
  return (
    <StateContext value={state}>
      <ClientsContext value={onClient}>{children}</ClientsContext>
    </StateContext>
  );
}

export const useLiveState = () => useContext(StateContext);

type Query = { fetching: boolean; stale: boolean };

/** Fetches a query anew when something happened to a client: after the answer that is under way, which may be older. */
export function useClientChanges(id: string, { fetching, stale }: Query, fetchAnew: () => void) {
  const onClient = useContext(ClientsContext);
  const busy = fetching || stale;
  const [wanted, setWanted] = useState(false);
  const latest = useRef(fetchAnew);
  useEffect(() => {
    latest.current = fetchAnew;
  });
  useEffect(() => onClient(id, () => setWanted(true)), [onClient, id]);
  useEffect(() => {
    if (!wanted || busy) return;
    // Changes come in bursts: what a screen shows is fetched once for all of them.
    const timer = setTimeout(() => {
      setWanted(false);
      latest.current();
    }, 30);
    return () => clearTimeout(timer);
  }, [wanted, busy]);
}
