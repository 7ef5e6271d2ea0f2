// Follows subscriptions of cabina as long as the page is open, and never misses an item. It is made to be copied into other
// apps: it needs nothing but a browser.
//
//   const { follow } = connect({ token: () => accessToken, renew: refreshSession });
//   const stop = follow({ query, itemOf: (data) => ({ item: data.feed, cursor: data.feed.cursor }), onItem, onGap });
//
// All subscriptions share one websocket (`graphql-transport-ws`), which opens with the first and closes with the last;
// where websockets are blocked, each gets the same items as server-sent events. Every subscription keeps the cursor of its last
// item and resumes after it, so what was missed during a disconnection comes first, once and in order. The token is renewed
// on the open socket before it expires, and with a new connection if it has expired.

export type State = 'connecting' | 'live' | 'away';

export type Options = {
  /** The current access token; null when nobody is signed in. */
  token: () => string | null;
  /** Gets a new access token. */
  renew: () => Promise<void>;
  /** `live` when all subscriptions are running. */
  onState?: (state: State) => void;
  /** The addresses of the websocket and of the event stream. */
  socketUrl?: string;
  eventsUrl?: string;
};

export type Subscription<Item> = {
  /** With the variable `$after` and a `cursor` in every item; without both if each item is complete, as in `dashboard`. */
  query: string;
  /** Takes the item and its cursor from the data of an answer. */
  itemOf: (data: unknown) => { item: Item; cursor?: string };
  /**
   * Where to start: `extensions.cursor` of the first answer that is shown, so that no change is missed between that answer
   * and the stream; null or omitted: now.
   */
  after?: Promise<string | null>;
  /** Called exactly once for each item, in order. */
  onItem: (item: Item) => void;
  /** Items were lost, because the connection was away longer than they are kept: fetch everything that is shown. */
  onGap?: () => void;
};

/** How many failed attempts before server-sent events are tried. */
const STUBBORN = 3;
const LONGEST_PAUSE = 30_000;

type Payload = { data?: unknown; errors?: { extensions?: { code?: string; cursor?: string } }[] };
/** Why a connection ended: the token was refused, the server restarts, or anything else. */
type End = 'token' | 'restart' | 'lost';

type Followed = {
  /** Whether this subscription failed and waits for another attempt although the connection is up. */
  failed: boolean;
  request: () => { query: string; variables: object };
  /** Subscribes on the current connection. */
  begin: () => void;
  /** Takes an answer; an empty one means that the server ended the stream. */
  hear: (answer: Payload) => void;
};

/** An open connection. */
type Line = {
  /** Subscribes until the returned function is called. */
  carry: (one: Followed) => () => void;
  end: (why: End) => void;
};

/** Randomised, so that not all clients reconnect at the same moment after a restart. */
const pauseAfter = (failures: number) => Math.min(LONGEST_PAUSE, 500 * 2 ** failures) * (0.5 + Math.random() / 2);

/** Connects as soon as the first subscription is followed. */
export function connect(options: Options) {
  const followed = new Set<Followed>();
  /** The open connection, if there is one. */
  let line: Line | null = null;
  let failures = 0;
  /** Ends everything; null when nothing is running. */
  let halt: (() => void) | null = null;
  let hangUp = () => {};

  const tell = () => {
    const live = line && failures === 0;
    const all = [...followed].every(({ failed }) => !failed);
    options.onState?.(live ? (all ? 'live' : 'away') : failures > 0 ? 'away' : 'connecting');
  };

  /** Follows until the returned function is called. */
  function follow<Item>({ query, itemOf, after, onItem, onGap }: Subscription<Item>): () => void {
    let cursor: string | null = null;
    let ready = false;
    let ends = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let drop = () => {};

    const one: Followed = {
      failed: false,
      request: () => ({ query, variables: cursor === null ? {} : { after: cursor } }),
      begin: () => {
        clearTimeout(timer);
        one.failed = false;
        if (ready && line) drop = line.carry(one);
      },
      hear: ({ data, errors }) => {
        const { code, cursor: from } = errors?.[0]?.extensions ?? {};
        if (code === 'UNAUTHENTICATED') return line?.end('token');
        if (data && !code) {
          const next = itemOf(data);
          cursor = next.cursor ?? cursor;
          ends = 0;
          return onItem(next.item);
        }
        // Only this stream ended: it is resumed where it was, and the others continue.
        drop();
        if (code === 'CURSOR_EXPIRED') {
          // The cursor to continue from after everything is fetched again.
          cursor = from ?? null;
          onGap?.();
        }
        one.failed = Boolean(errors) && code !== 'CURSOR_EXPIRED' && code !== 'LAGGED';
        timer = setTimeout(() => {
          one.begin();
          tell();
        }, pauseAfter(ends));
        ends += 1;
        tell();
      },
    };

    followed.add(one);
    halt ??= run();
    void Promise.resolve(after ?? null).then((start) => {
      if (!followed.has(one)) return;
      cursor = start;
      ready = true;
      one.begin();
    });
    return () => {
      if (!followed.delete(one)) return;
      clearTimeout(timer);
      drop();
      if (followed.size === 0) halt?.();
      else tell();
    };
  }

  const stands = () => {
    failures = 0;
    tell();
  };
  const beginAll = () => followed.forEach((one) => one.begin());

  const bySocket = () =>
    new Promise<End>((resolve) => {
      const url = new URL(options.socketUrl ?? '/graphql/ws', location.href);
      url.protocol = url.protocol.replace('http', 'ws');
      const socket = new WebSocket(url, 'graphql-transport-ws');
      const carried = new Map<string, Followed>();
      let ids = 0;
      const say = (message: object) => socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify(message));
      const authorization = () => ({ authorization: `Bearer ${options.token() ?? ''}` });
      const end = (why: End) => {
        socket.onclose = socket.onmessage = null;
        socket.close();
        resolve(why);
      };
      const carry = (one: Followed) => {
        const id = String((ids += 1));
        carried.set(id, one);
        say({ type: 'subscribe', id, payload: one.request() });
        return () => {
          if (carried.delete(id)) say({ type: 'complete', id });
        };
      };
      hangUp = () => end('lost');
      socket.onopen = () => say({ type: 'connection_init', payload: authorization() });
      socket.onclose = ({ code }) => end(code === 4403 ? 'token' : code === 1012 ? 'restart' : 'lost');
      socket.onmessage = ({ data }) => {
        const { type, id, payload } = JSON.parse(data);
        switch (type) {
          case 'connection_ack':
            line = { carry, end };
            beginAll();
            return stands();
          case 'ping':
            say({ type: 'pong' });
            // The server announces that the token expires: send it the next one on the same socket.
            if (payload?.tokenExpiresAt) void options.renew().then(() => say({ type: 'ping', payload: authorization() }));
            return;
          case 'next':
            return carried.get(id)?.hear(payload);
          case 'error':
          case 'complete': {
            const one = carried.get(id);
            carried.delete(id); // the server has ended it
            return one?.hear(type === 'error' ? { errors: payload } : {});
          }
        }
      };
    });

  /** One request per subscription; when one breaks off, all of them start again. */
  const byEvents = () =>
    new Promise<End>((resolve) => {
      const all = new AbortController();
      const end = (why: End) => {
        all.abort();
        resolve(why);
      };
      const listen = async (one: Followed, signal: AbortSignal) => {
        try {
          const response = await fetch(options.eventsUrl ?? '/graphql', {
            method: 'POST',
            headers: {
              accept: 'text/event-stream',
              authorization: `Bearer ${options.token() ?? ''}`,
              'content-type': 'application/json',
            },
            body: JSON.stringify(one.request()),
            signal,
          });
          if (!response.ok || !response.body) return end(response.status === 401 ? 'token' : 'lost');
          stands();
          const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
          for (let text = ''; ; ) {
            const { done, value } = await reader.read();
            if (done) break;
            text += value;
            const events = text.split('\n\n');
            text = events.pop() ?? '';
            for (const event of events) {
              const data = event.split('\n').find((row) => row.startsWith('data:'))?.slice(5).trim();
              if (event.includes('event: next') && data && !signal.aborted) one.hear(JSON.parse(data));
            }
          }
          if (!signal.aborted) one.hear({});
        } catch {
          if (!signal.aborted) end('lost');
        }
      };
      const carry = (one: Followed) => {
        const stop = new AbortController();
        void listen(one, AbortSignal.any([all.signal, stop.signal]));
        return () => stop.abort();
      };
      hangUp = () => end('lost');
      line = { carry, end };
      beginAll();
    });

  /** Connects and reconnects until it is halted. */
  function run() {
    let halted = false;
    let wake = () => {};
    const online = () => {
      failures = 0;
      wake();
    };
    const pause = (milliseconds: number) =>
      new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    const loop = async () => {
      let tried: string | null | undefined; // null counts as a token too: a page that started offline has none
      while (!halted) {
        tell();
        const token = options.token();
        const why = await (failures >= STUBBORN && failures % 2 ? byEvents() : bySocket());
        if (halted) return;
        line = null;
        if (why === 'token' && tried !== token) {
          tried = token; // renew a refused token once
          await options.renew();
          if (options.token() !== token) continue;
          tried = undefined; // it could not be renewed: try again after a pause
        }
        failures += 1;
        tell();
        await pause(why === 'restart' ? pauseAfter(0) : pauseAfter(failures));
      }
    };
    addEventListener('online', online);
    void loop();
    return () => {
      halted = true;
      halt = null;
      removeEventListener('online', online);
      hangUp();
      wake();
      line = null;
      failures = 0;
    };
  }

  return { follow };
}
