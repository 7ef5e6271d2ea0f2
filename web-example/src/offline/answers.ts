// The last answers to queries, for when the network is gone: what is shown then says of when it is.
import { useSyncExternalStore } from 'react';
import { type Client, makeOperation, mapExchange, type Operation, type OperationResult } from 'urql';
import type { Store } from './store';

type Kept = { key: string; at: number; data: unknown };

declare module 'urql' {
  interface OperationContext {
    /** What the answer is kept as, where the variables are others each time; null: it is not kept. */
    keptAs?: string | null;
  }
}

const keyOf = ({ key, context }: Operation) => (context.keptAs === undefined ? String(key) : context.keptAs);

/** Keeps answers, and gives them back when there is no network; `heard` is told whether there is. */
export function keepAnswers(store: Store, heard: (reached: boolean) => void) {
  /** What screens show now and the server has not confirmed: when it did last; null: never. */
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
    /** Asks anew for all that is shown and was not confirmed. */
    confirm: (client: Client) => {
      for (const { operation } of unconfirmed.values()) {
        const context = { ...operation.context, requestPolicy: 'network-only' } as const;
        client.reexecuteOperation(makeOperation(operation.kind, operation, context));
      }
    },
    /** Nothing that names one of these may be shown again; null: nothing at all. */
    forget: async (ids: readonly string[] | null) => {
      if (!ids) return store.clear('answers');
      for (const { key, data } of await store.all<Kept>('answers')) {
        const text = JSON.stringify(data);
        if (ids.some((id) => text.includes(id))) await store.remove('answers', key);
      }
    },
    /** Of when the oldest of what is shown is; null: all of it is of now. */
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
