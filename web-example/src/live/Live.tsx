import { stringifyDocument } from '@urql/core';
import type { TypedDocumentNode } from '@urql/core';
import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react';
import { FeedDocument, type FeedSubscription } from '../api/gql/graphql';
import { bearer, refresh, viewerChanged } from '../session/session';
import { connect, type State } from './follow';

export type FeedItem = FeedSubscription['feed'];
/** Receives the items of the feed; null means that anything shown may be out of date. */
type Listener = (item: FeedItem | null) => void;

type Live = Pick<ReturnType<typeof connect>, 'follow'> & { listeners: Set<Listener> };

const StateContext = createContext<State>('connecting');
const LiveContext = createContext<Live | null>(null);

/** Follows the feed for all screens. Other subscriptions of a screen use the same socket. */
export function LiveProvider({ after, children }: { after: Promise<string | null>; children: ReactNode }) {
  const [state, setState] = useState<State>('connecting');
  const [live] = useState<Live>(() => ({
    ...connect({ token: bearer, renew: refresh, onState: setState }),
    listeners: new Set(),
  }));
  useEffect(() => {
    const tell: Listener = (item) => live.listeners.forEach((listener) => listener(item));
    return live.follow<FeedItem>({
      query: stringifyDocument(FeedDocument),
      itemOf: (data) => {
        const item = (data as FeedSubscription).feed;
        return { item, cursor: item.cursor };
      },
      after,
      onItem: (item) => {
        if (item.__typename !== 'ViewerChanged') return tell(item);
        // With another role or team, the person may see other things.
        viewerChanged(item.viewer, item.changedFields);
        tell(null);
      },
      onGap: () => {
        // The viewer may have changed among the missed items; a new token brings the current one.
        void refresh();
        tell(null);
      },
    });
  }, [live, after]);
  return (
    <StateContext value={state}>
      <LiveContext value={live}>{children}</LiveContext>
    </StateContext>
  );
}

export const useLiveState = () => useContext(StateContext);

function useLive(): Live {
  const live = useContext(LiveContext);
  if (!live) throw new Error('useLive needs a LiveProvider');
  return live;
}

/** Calls the listener with each item of the feed while the component is mounted. */
export function useFeed(listener: Listener) {
  const { listeners } = useLive();
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => {
    const hear: Listener = (item) => latest.current(item);
    listeners.add(hear);
    return () => void listeners.delete(hear);
  }, [listeners]);
}

/** Follows a subscription whose items are complete, such as `dashboard`; null until the first one arrives. */
export function useFollowed<Data>(document: TypedDocumentNode<Data, Record<string, never>>): Data | null {
  const { follow } = useLive();
  const [data, setData] = useState<Data | null>(null);
  useEffect(
    () =>
      follow<Data>({
        query: stringifyDocument(document),
        itemOf: (item) => ({ item: item as Data }),
        onItem: setData,
      }),
    [follow, document],
  );
  return data;
}

export type Query = { fetching: boolean; stale: boolean };

/**
 * Fetches a query again when an item concerns it, after a pending answer, which may be older than the item. Changes come in
 * bursts: all items within `pause` milliseconds cause a single fetch.
 */
export function useChanges(
  concerns: (item: FeedItem) => boolean,
  { fetching, stale }: Query,
  fetchAgain: () => void,
  pause = 30,
) {
  const busy = fetching || stale;
  const [wanted, setWanted] = useState(false);
  const latest = useRef(fetchAgain);
  useEffect(() => {
    latest.current = fetchAgain;
  });
  useFeed((item) => {
    if (!item || concerns(item)) setWanted(true);
  });
  useEffect(() => {
    if (!wanted || busy) return;
    const timer = setTimeout(() => {
      setWanted(false);
      latest.current();
    }, pause);
    return () => clearTimeout(timer);
  }, [wanted, busy, pause]);
}
