// The last answers to queries, shown offline with the time at which they were current.
import { useSyncExternalStore } from 'react';
import { type Client, makeOperation, mapExchange, type Operation, type OperationResult } from 'urql';
import type { Store } from './store';

type Kept = { key: string; at: number; data: unknown };

declare module 'urql' {
  interface OperationContext {
    /** The name under which the answer is stored when its variables differ each time; null: not stored. */
    keptAs?: string | null;
  }
}

const keyOf = ({ key, context }: Operation) => (context.keptAs === undefined ? String(key) : context.keptAs);

/** Stores answers, and returns them when the server is unreachable; `heard` is told whether it was reached. */
export function keepAnswers(store: Store, heard: (reached: boolean) => void) {
  /** The queries on screen that show a stored answer, with its time; null when there was no answer to show. */
  const unconfirmed = new Map<number, { operation: Operation; at: number | null }>();
  const listeners = new Set<() => void>();
  let oldest: number | null = null;

  const note = (operation: Operation, at?: number | null) => {
    if (at === undefined) unconfirmed.delete(operation.key);
    else unconfirmed.set(operation.key, { operation, at });
    const ages = [...unconfirmed.values()].flatMap((each) => each.at ?? []);
    oldest = ages.length > 0 ? Math.min(...ages) : null;
    for (const changed of listeners) changed();
  };

  async function take(result: OperationResult): Promise<OperationResult> {
    const { operation, data, error } = result;
    const reached = !error?.networkError;
    if (reached || operation.kind !== 'query') heard(reached);
    if (operation.kind !== 'query') return result;
    const key = keyOf(operation);
    if (reached) {
      note(operation);
      if (key !== null && data && !error) void store.put('answers', { key, at: Date.now(), data } as Kept).catch(() => {});
      return result;
    }
    const kept = key === null ? undefined : await store.get<Kept>('answers', key).catch(() => undefined);
    note(operation, kept?.at ?? null);
    heard(false);
    return kept ? { ...result, data: kept.data, error: undefined } : result;
  }

  return {
    exchange: mapExchange({
      onOperation: (operation) => {
        if (operation.kind === 'teardown' && unconfirmed.has(operation.key)) note(operation);
      },
      onResult: take,
    }),
    /** Fetches again everything on screen that the server has not confirmed. */
    confirm: (client: Client) => {
      for (const { operation } of unconfirmed.values()) {
        const context = { ...operation.context, requestPolicy: 'network-only' } as const;
        client.reexecuteOperation(makeOperation(operation.kind, operation, context));
      }
    },
    /** Deletes the answers that contain one of these ids; null deletes all. */
    forget: async (ids: readonly string[] | null) => {
      if (!ids) return store.clear('answers');
      for (const { key, data } of await store.all<Kept>('answers')) {
        const text = JSON.stringify(data);
        if (ids.some((id) => text.includes(id))) await store.remove('answers', key);
      }
    },
    /** The time of the oldest stored answer on screen; null when everything is current. */
    useOldest: () =>
      useSyncExternalStore(
        (changed) => {
          listeners.add(changed);
          return () => listeners.delete(changed);
        },
        () => oldest,
      ),
  };
}
