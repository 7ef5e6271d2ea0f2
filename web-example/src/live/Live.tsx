import { stringifyDocument } from '@urql/core';
import type { TypedDocumentNode } from '@urql/core';
import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react';
import { FeedDocument, type FeedSubscription } from '../api/gql/graphql';
import { bearer, refresh, viewerChanged } from '../session/session';
import { connect, type State } from './follow';

export type FeedItem = FeedSubscription['feed'];
/** Takes what the feed tells; null when things may be other than they are shown, whatever they are. */
type Listener = (item: FeedItem | null) => void;

type Live = Pick<ReturnType<typeof connect>, 'follow'> & { listeners: Set<Listener> };

const StateContext = createContext<State>('connecting');
const LiveContext = createContext<Live | null>(null);

/** Follows the feed for all screens of a signed-in person; what else a screen follows travels on the same socket. */
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
        // With another role or team, other things are to be seen.
        viewerChanged(item.viewer, item.changedFields);
        tell(null);
      },
      onGap: () => {
        // Among what was missed may be a change of the person, who comes with the new token.
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
  if (!live) throw new Error('what is live belongs inside of LiveProvider');
  return live;
}

/** Hears what the feed tells, for as long as the component is there. */
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

/** Follows a subscription whose items tell all there is, such as `dashboard`; null until the first one comes. */
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
 * Fetches a query anew when an item concerns it: after the answer that is under way, which may be older. Changes come in
 * bursts: what a screen shows is fetched once for all that come within `pause` milliseconds.
 */
export function useChanges(
  concerns: (item: FeedItem) => boolean,
  { fetching, stale }: Query,
  fetchAnew: () => void,
  pause = 30,
) {
  const busy = fetching || stale;
  const [wanted, setWanted] = useState(false);
  const latest = useRef(fetchAnew);
  useEffect(() => {
    latest.current = fetchAnew;
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
