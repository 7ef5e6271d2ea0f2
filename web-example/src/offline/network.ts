// Whether the server was reachable at the last request; retries while it was not.

const LONGEST_PAUSE = 15_000;

/** Randomised, so that not all clients return at the same moment. */
const pauseAfter = (failures: number) => Math.min(LONGEST_PAUSE, 500 * 2 ** failures) * (0.5 + Math.random() / 2);

export type Network = ReturnType<typeof watchNetwork>;

/** `again` sends the queue and fetches what is shown again; it returns whether nothing is waiting any more. */
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
    /** Whether a request reached the server. */
    heard(reached: boolean) {
      if (!reached && !lost) wait();
      lost = !reached;
    },
    /** Retries at once: the connection is back, or something new was queued. */
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
