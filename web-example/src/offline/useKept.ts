import { useEffect, useState } from 'react';
import { useDevice } from './Offline';

type Kept<Value> = { key: string; at: number; data: Value };

/** The last value of a subscription, kept for starting offline, until a new one arrives. */
export function useKept<Value>(key: string, told: Value | undefined): Value | undefined {
  const { store } = useDevice();
  const [kept, setKept] = useState<Value>();
  useEffect(() => {
    if (told === undefined) void store.get<Kept<Value>>('answers', key).then((row) => setKept(row?.data)).catch(() => {});
    else void store.put('answers', { key, at: Date.now(), data: told } as Kept<Value>).catch(() => {});
  }, [store, key, told]);
  return told ?? kept;
}
