// The person's device: what it stores, what is still unsent, and whether it reaches the server.
import { createContext, type ReactNode, useContext, useEffect, useMemo } from 'react';
import { Provider } from 'urql';
import { createClient } from '../api/client';
import { useFeatures } from '../features/Feature';
import { useFeed, useLiveState } from '../live/Live';
import { keepAnswers } from './answers';
import { watchNetwork } from './network';
import { openQueue } from './queue';
import { storeOf } from './store';
import type { Documents, Work, WorkOf, Works } from './works';

type Device = ReturnType<typeof openDevice>;
const DeviceContext = createContext<Device | null>(null);

function openDevice(userId: string, works: readonly Works[]) {
  const store = storeOf(userId);
  // Send first, so that what is fetched then includes it.
  const network = watchNetwork(async () => {
    const done = await queue.sendAll();
    if (done || !network.isLost()) answers.confirm(client);
    return done;
  });
  const answers = keepAnswers(store, network.heard);
  const { client, cursor } = createClient(answers.exchange);
  const queue = openQueue(userId, { store, client, network }, works);
  return { store, network, answers, client, cursor, queue };
}

/** Provides all screens with the person's device. Another person gets another one, so nothing is carried over. */
export function OfflineProvider({ userId, children }: { userId: string; children: ReactNode }) {
  const features = useFeatures();
  const device = useMemo(() => openDevice(userId, features.flatMap(({ works }) => works ?? [])), [userId, features]);
  useEffect(() => {
    const leave = device.queue.join();
    const stop = device.network.start();
    return () => {
      stop();
      leave();
    };
  }, [device]);
  return (
    <Provider value={device.client}>
      <DeviceContext value={device}>{children}</DeviceContext>
    </Provider>
  );
}

export function useDevice(): Device {
  const device = useContext(DeviceContext);
  if (!device) throw new Error('useDevice needs an OfflineProvider');
  return device;
}

/** The unconfirmed changes, including the refused ones: all of them, or those of some documents. */
export function useWorks(): readonly Work[];
export function useWorks<Of extends Documents>(documents: Of): readonly WorkOf<Of>[];
export function useWorks(documents?: Documents): readonly Work[] {
  const all = useDevice().queue.useWorks();
  return useMemo(() => (documents ? all.filter(({ name }) => Object.hasOwn(documents, name)) : all), [all, documents]);
}

/** Deletes what the person may no longer see, and retries at once when the live stream shows that the server is back. */
export function KeepInStep() {
  const { answers, network } = useDevice();
  const live = useLiveState() === 'live';
  useEffect(() => {
    if (live) network.online();
  }, [live, network]);
  useFeed((item) => {
    if (!item) void answers.forget(null);
    else if (item.__typename === 'AccessLost') void answers.forget(item.ids);
  });
  return null;
}
