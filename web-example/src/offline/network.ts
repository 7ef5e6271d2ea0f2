// Whether the server answers, as the last request found out; while it does not, tries again.

const LONGEST_PAUSE = 15_000;

/** Spread out, so that a server that comes back is not asked by everybody at once. */
const pauseAfter = (failures: number) => Math.min(LONGEST_PAUSE, 500 * 2 ** failures) * (0.5 + Math.random() / 2);

export type Network = ReturnType<typeof watchNetwork>;

/** `again` sends what waits and asks anew for what is shown; it tells whether nothing waits any more. */
export function watchNetwork(again: () => Promise<boolean>) {
  let lost = false;
  let failures = 0;
  let running = false;
  let stopped = true;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function tryNow() {
    clearTimeout(timer);
    if (running || stopped) return;
    running = true;
    const done = await again().catch(() => false);
    running = false;
    failures = done && !lost ? 0 : failures + 1;
    if (!done || lost) wait();
  }
  const wait = () => {
    clearTimeout(timer);
    if (!stopped && !running) timer = setTimeout(() => void tryNow(), pauseAfter(failures));
  };
  const online = () => {
    failures = 0;
    void tryNow();
  };

  return {
    isLost: () => lost,
    /** What a request found out. */
    heard(reached: boolean) {
      if (!reached && !lost) wait();
      lost = !reached;
    },
    /** Tries at once: the connection is back, or somebody wants to know. */
    online,
    start() {
      stopped = false;
      addEventListener('online', online);
      void tryNow();
      return () => {
        stopped = true;
        clearTimeout(timer);
        removeEventListener('online', online);
      };
    },
  };
}
