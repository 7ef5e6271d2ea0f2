import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from 'react';
import { stringifyDocument } from '@urql/core';
import { FeedDocument, type FeedSubscription } from '../api/gql/graphql';
import { bearer, refresh } from '../features/session/session';
import { follow, type State } from './follow';

type Live = { state: State; onClient: (id: string, changed: () => void) => () => void };

const LiveContext = createContext<Live>({ state: 'connecting', onClient: () => () => {} });

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
  const live = useMemo<Live>(
    () => ({
      state,
      onClient: (id, changed) => {
        const some = screens.get(id) ?? new Set();
        screens.set(id, some.add(changed));
        return () => {
          some.delete(changed);
          if (some.size === 0) screens.delete(id);
        };
      },
    }),
    [state, screens],
  );
  return <LiveContext value={live}>{children}</LiveContext>;
}

export const useLiveState = () => useContext(LiveContext).state;

/** Calls back when something happened to a client. */
export function useClientChanges(id: string, changed: () => void) {
  const { onClient } = useContext(LiveContext);
  const latest = useRef(changed);
  useEffect(() => {
    latest.current = changed;
  });
  useEffect(() => {
    // Changes come in bursts: what a screen shows is fetched once for all of them.
    let timer: ReturnType<typeof setTimeout> | undefined;
    const leave = onClient(id, () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        latest.current();
      }, 30);
    });
    return () => {
      clearTimeout(timer);
      leave();
    };
  }, [onClient, id]);
}
