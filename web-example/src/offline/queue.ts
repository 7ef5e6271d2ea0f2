// The changes that the server has not confirmed, in order, for all tabs: each is applied once, whatever is lost on the way.
import { useSyncExternalStore } from 'react';
import type { Client } from 'urql';
import { type Failure, failureIn, offline } from '../api/failure';
import { inTurn } from '../api/turn';
import type { Network } from './network';
import type { Store } from './store';
import { type Answer, type Doable, isWritten, nameOf, type Refused, type Subject, type Work, type Works } from './works';

/** The outcome of a change: the server's answer, a failure, or that it is queued. */
export type Outcome<Payload> = { payload: Payload } | { failure: Failure } | { waits: true };

/** The server remembers a key for seven days; after that, a change that was sent without an answer is uncertain. */
const KEY_IS_KNOWN = 6 * 86_400_000;
/** How often a change is retried after a server error before the person is told. */
const TRIES = 5;

type News = { key: string; payload?: Answer };
export type Written = (work: Work, payload: Answer) => void;

export type Queue = ReturnType<typeof openQueue>;

type Way = { store: Store; client: Client; network: Pick<Network, 'isLost' | 'online'> };

export function openQueue(userId: string, { store, client, network }: Way, features: readonly Works[]) {
  const documents = new Map(
    features.flatMap(({ documents: own, touches }) =>
      Object.entries(own).map(([name, document]) => {
        const context = { additionalTypenames: touches };
        return [name, { document, context }] as const;
      }),
    ),
  );
  let works: readonly Work[] = [];
  /** Those that no form is waiting for: only these are shown as unsent. */
  let unsent: readonly Work[] = [];
  const listeners = new Set<() => void>();
  const hearers = new Set<Written>();
  /** The forms that are waiting for an answer, by key. */
  const waiting = new Map<string, (outcome: Outcome<Answer>) => void>();
  const failures = new Map<string, number>();
  /** The channel to the other tabs. */
  let tabs: BroadcastChannel | null = null;

  const show = (next: readonly Work[]) => {
    works = next;
    unsent = works.filter(({ key }) => !waiting.has(key));
    for (const changed of listeners) changed();
  };
  const load = async () => {
    const all = (await store.all<Work>('works')).sort((a, b) => a.at - b.at);
    show(all);
    return all;
  };
  const answer = (key: string, outcome: Outcome<Answer>) => {
    waiting.get(key)?.(outcome);
    if (!waiting.delete(key) || !('waits' in outcome)) return;
    show(works);
    tabs?.postMessage({ key } satisfies News);
  };
  const keep = async (work: Work) => {
    await store.put('works', work);
    show([...works.filter(({ key }) => key !== work.key), work].sort((a, b) => a.at - b.at));
    if (!waiting.has(work.key)) tabs?.postMessage({ key: work.key } satisfies News);
  };
  const drop = async (work: Work, payload?: Answer) => {
    await store.remove('works', work.key);
    if (payload && isWritten(payload)) for (const hear of hearers) hear(work, payload);
    show(works.filter(({ key }) => key !== work.key));
    tabs?.postMessage({ key: work.key, ...(payload && { payload }) } satisfies News);
  };
  const refuse = (work: Work, refused: Refused) => keep({ ...work, refused });

  const hearTabs = ({ data: { key, payload } }: MessageEvent<News>) => {
    const work = works.find((each) => each.key === key);
    if (work && payload && isWritten(payload)) for (const hear of hearers) hear(work, payload);
    if (payload) answer(key, { payload });
    void load().then((all) => all.find((each) => each.key === key)?.refused && answer(key, { waits: true }));
  };

  const documentOf = (name: string) => {
    const known = documents.get(name);
    if (!known) throw new Error(`${name} is in the works of no feature`);
    return known;
  };

  /** Sends one. Returns false when it has to wait, and with it all after it. */
  async function send(work: Work): Promise<boolean> {
    const attended = waiting.has(work.key);
    if (work.tried && Date.now() - work.tried > KEY_IS_KNOWN) {
      await refuse(work, { why: 'unsure' });
      return true;
    }
    // Offline, it cannot have reached the server.
    const tried = work.tried ?? (navigator.onLine ? Date.now() : null);
    if (tried !== work.tried) await keep({ ...work, tried });
    const { document, context } = documentOf(work.name);
    const { data, error } = await client.mutation<{ payload: Answer }>(document, { input: work.input }, context);
    if (data) {
      const { payload } = data;
      if (isWritten(payload) || attended) {
        await drop(work, payload);
        if (isWritten(payload)) await goOn(work, payload);
      } else {
        const { userErrors, conflict = [] } = payload;
        await refuse(work, { why: 'refused', userErrors, conflict });
      }
      answer(work.key, { payload });
      return true;
    }
    const failure = error ? failureIn(error) : offline;
    // Wait until the network is back or the person logs in again.
    if (failure.code === offline.code || failure.code === 'UNAUTHENTICATED') return false;
    if (attended) {
      // The form is still open, and keeps the key for another attempt.
      await drop(work);
      answer(work.key, { failure });
      return true;
    }
    const times = (failures.get(work.key) ?? 0) + 1;
    failures.set(work.key, times);
    const passes = ['INTERNAL', 'UNAVAILABLE', 'TIMEOUT', 'THROTTLED'].includes(failure.code);
    if (passes && times < TRIES) return false;
    failures.delete(work.key);
    await refuse(work, { why: 'failed', failure });
    return true;
  }

  /**
   * Queued changes to the same record were made on top of this one: they continue from its new version, unless somebody
   * else changed the record in between. Changes that the server may already know stay as they were sent.
   */
  async function goOn({ input: { id, expectedVersion } }: Work, payload: Answer) {
    if (expectedVersion === undefined) return;
    const version = expectedVersion + 1;
    const things = Object.values(payload) as ({ version?: number } | null)[];
    if (!things.some((thing) => thing?.version === version)) return;
    for (const next of works) {
      const { input } = next;
      if (next.tried || input.id !== id || input.expectedVersion !== expectedVersion) continue;
      await keep({ ...next, input: { ...input, expectedVersion: version } });
    }
  }

  /** Sends the queue in order, one tab at a time; returns whether it is empty now. */
  const sendAll = () =>
    inTurn(`cabina.works.${userId}`, async () => {
      for (;;) {
        const next = (await load()).find(({ refused }) => !refused);
        if (!next) return true;
        if (await send(next)) continue;
        for (const key of [...waiting.keys()]) answer(key, { waits: true });
        return false;
      }
    });

  return {
    sendAll,
    /** Keeps in step with the other tabs until the returned function is called. */
    join() {
      tabs = new BroadcastChannel(`cabina.works.${userId}`);
      tabs.onmessage = hearTabs;
      return () => {
        tabs?.close();
        tabs = null;
      };
    },
    /**
     * Makes a change, once, in its turn: it is stored until the server has answered, and sent again by itself. A form that
     * is still waiting gets a refusal as its outcome; otherwise the refusal is listed with the unsent changes.
     */
    async run<Input extends object, Payload extends Answer>(
      document: Doable<Input, Payload>,
      input: NoInfer<Input> & { idempotencyKey: string },
      about: Subject,
    ): Promise<Outcome<Payload>> {
      const name = nameOf(document);
      // Throws if no feature lists it: it could not be sent after a reload.
      documentOf(name);
      const at = Math.max(Date.now(), (works.at(-1)?.at ?? 0) + 1);
      const key = input.idempotencyKey;
      const outcome = new Promise<Outcome<Answer>>((resolve) => {
        if (network.isLost()) resolve({ waits: true });
        else waiting.set(key, resolve);
      });
      await keep({ key, name, input, about, at, tried: null, refused: null });
      if (network.isLost()) network.online();
      else void sendAll();
      return outcome as Promise<Outcome<Payload>>;
    },
    /** Retries a change that failed or is uncertain. */
    async again(work: Work) {
      await keep({ ...work, tried: null, refused: null });
      network.online();
    },
    /** Discards a change. */
    drop: (work: Work) => drop(work),
    /** Called with each saved change before it leaves the queue. */
    onWritten: (hear: Written) => {
      hearers.add(hear);
      return () => void hearers.delete(hear);
    },
    useWorks: () =>
      useSyncExternalStore(
        (changed) => {
          listeners.add(changed);
          return () => listeners.delete(changed);
        },
        () => unsent,
      ),
  };
}
