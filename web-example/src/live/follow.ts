// Follows subscriptions of cabina for as long as the page lives, and never misses an item: made to be copied, it needs
// nothing but a browser.
//
//   const { follow } = connect({ token: () => accessToken, renew: refreshSession });
//   const stop = follow({ query, itemOf: (data) => ({ item: data.feed, cursor: data.feed.cursor }), onItem, onGap });
//
// All that is followed travels on one socket (`graphql-transport-ws`), which opens with the first and closes with the
// last; where websockets do not get through, each takes the same items as server-sent events. Every subscription keeps
// the cursor of its last item and resumes after it, so what happened while the connection was away comes first, once and
// in order. The token is renewed on the open socket before it ends, and with a new connection after that.

export type State = 'connecting' | 'live' | 'away';

export type Options = {
  /** The access token of now; null when nobody is signed in. */
  token: () => string | null;
  /** Gets a new access token. */
  renew: () => Promise<void>;
  /** `live`: all that is followed comes in by itself. */
  onState?: (state: State) => void;
  /** The address of the socket and that of the events. */
  socketUrl?: string;
  eventsUrl?: string;
};

export type Subscription<Item> = {
  /** With the variable `$after`, and `cursor` in every item; without both where each item tells all, as `dashboard`. */
  query: string;
  /** The item in an answer's data, and its cursor. */
  itemOf: (data: unknown) => { item: Item; cursor?: string };
  /**
   * Where to begin: `extensions.cursor` of the first answer that is shown, so that nothing falls between the answer and
   * the stream; null or left out: now.
   */
  after?: Promise<string | null>;
  /** Called once for each item, in order. */
  onItem: (item: Item) => void;
  /** Items are missing for good (away for longer than they are kept): fetch everything that is shown. */
  onGap?: () => void;
};

/** Failed attempts after which server-sent events are tried. */
const STUBBORN = 3;
const LONGEST_PAUSE = 30_000;

type Payload = { data?: unknown; errors?: { extensions?: { code?: string; cursor?: string } }[] };
/** Why a connection ended: a token that is no longer good, a restart of the server, or anything else. */
type End = 'token' | 'restart' | 'lost';

type Followed = {
  /** Whether it failed and waits to be tried again, while the connection holds. */
  failed: boolean;
  request: () => { query: string; variables: object };
  /** Asks for it on the connection of now. */
  begin: () => void;
  /** Takes an answer; an empty one says that the server ended the stream. */
  hear: (answer: Payload) => void;
};

/** A connection that subscriptions can begin on. */
type Line = {
  /** Asks for a subscription, until the returned function is called. */
  carry: (one: Followed) => () => void;
  end: (why: End) => void;
};

/** Spread out, so that a restart does not bring everybody at once. */
const pauseAfter = (failures: number) => Math.min(LONGEST_PAUSE, 500 * 2 ** failures) * (0.5 + Math.random() / 2);

/** Connects as soon as something is followed. */
export function connect(options: Options) {
  const followed = new Set<Followed>();
  /** The connection that stands; null: none does. */
  let line: Line | null = null;
  let failures = 0;
  /** Ends all; null: nothing runs. */
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
        // This stream ended, and is begun anew where it was; the others go on.
        drop();
        if (code === 'CURSOR_EXPIRED') {
          // Where what is fetched anew goes on.
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
            // The server announces the end of the token: the next one is shown to it on the same socket.
            if (payload?.tokenExpiresAt) void options.renew().then(() => say({ type: 'ping', payload: authorization() }));
            return;
          case 'next':
            return carried.get(id)?.hear(payload);
          case 'error':
          case 'complete': {
            const one = carried.get(id);
            carried.delete(id); // the server knows it no more
            return one?.hear(type === 'error' ? { errors: payload } : {});
          }
        }
      };
    });

  /** A request for each; when one breaks off, all begin anew. */
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

  /** Connects, and connects again, until it is halted. */
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
      let tried: string | null | undefined; // null is tried too: a page that began without a network has no token
      while (!halted) {
        tell();
        const token = options.token();
        const why = await (failures >= STUBBORN && failures % 2 ? byEvents() : bySocket());
        if (halted) return;
        line = null;
        if (why === 'token' && tried !== token) {
          tried = token; // a refused token is renewed once
          await options.renew();
          if (options.token() !== token) continue;
          tried = undefined; // it could not be renewed now: once more after a pause
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
