// Follows one subscription of cabina for as long as the page lives, and never misses an item: made to be copied, it needs
// nothing but a browser.
//
// It keeps the cursor of the last item and resumes after it, so what happened while the connection was away comes first,
// once and in order. It speaks `graphql-transport-ws`; where websockets do not get through it takes the same items as
// server-sent events. It renews the token on the open socket before it ends, and with a new connection after that.

export type State = 'connecting' | 'live' | 'away';

export type Options<Item> = {
  /** A subscription with the variable `$after`, that asks for `cursor` in every item. */
  query: string;
  /** The item and its cursor in an answer's data. */
  itemOf: (data: unknown) => { item: Item; cursor: string };
  /** The access token of now; null when nobody is signed in. */
  token: () => string | null;
  /** Gets a new access token. */
  renew: () => Promise<void>;
  /**
   * Where to begin: `extensions.cursor` of the first answer that is shown, so that nothing falls between the answer and
   * the stream; null: now.
   */
  after?: Promise<string | null>;
  /** Called once for each item, in order. */
  onItem: (item: Item) => void;
  /** Items are missing for good (away for longer than they are kept): fetch everything that is shown. */
  onGap: () => void;
  onState?: (state: State) => void;
  url?: string;
};

/** Failed attempts after which server-sent events are tried. */
const STUBBORN = 3;
const LONGEST_PAUSE = 30_000;

type Payload = { data?: unknown; errors?: { extensions?: { code?: string; cursor?: string } }[] };
/** Why a connection ended: a token that is no longer good, a stream to be begun anew, or anything else. */
type End = 'token' | 'resume' | 'lost';

/** Follows until the returned function is called. */
export function follow<Item>(options: Options<Item>): () => void {
  let cursor: string | null = null;
  let failures = 0;
  let stopped = false;
  let close = () => {};
  let wake = () => {};
  const tell = (state: State) => options.onState?.(state);

  /** What an answer means; null: go on. */
  const take = ({ data, errors }: Payload): End | null => {
    const { code, cursor: from } = errors?.[0]?.extensions ?? {};
    if (code === 'CURSOR_EXPIRED') {
      // Where what is fetched anew goes on.
      cursor = from ?? null;
      options.onGap();
      return 'resume';
    }
    if (code) return code === 'UNAUTHENTICATED' ? 'token' : code === 'LAGGED' ? 'resume' : 'lost';
    if (data) {
      const next = options.itemOf(data);
      cursor = next.cursor;
      options.onItem(next.item);
    }
    return null;
  };

  const opened = () => {
    failures = 0;
    tell('live');
  };

  const bySocket = () =>
    new Promise<End>((resolve) => {
      const url = new URL(options.url ?? '/graphql/ws', location.href);
      url.protocol = url.protocol.replace('http', 'ws');
      const socket = new WebSocket(url, 'graphql-transport-ws');
      const say = (message: object) => socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify(message));
      const authorization = () => ({ authorization: `Bearer ${options.token() ?? ''}` });
      const end = (why: End) => {
        close = () => {};
        socket.onclose = socket.onmessage = null;
        socket.close();
        resolve(why);
      };
      close = () => end('lost');
      socket.onopen = () => say({ type: 'connection_init', payload: authorization() });
      socket.onclose = ({ code }) => end(code === 4403 ? 'token' : code === 1012 ? 'resume' : 'lost');
      socket.onmessage = ({ data }) => {
        const message = JSON.parse(data);
        switch (message.type) {
          case 'connection_ack':
            say({ type: 'subscribe', id: 'feed', payload: { query: options.query, variables: { after: cursor } } });
            return opened();
          case 'ping':
            say({ type: 'pong' });
            // The server announces the end of the token: the next one is shown to it on the same socket.
            if (message.payload?.tokenExpiresAt) void options.renew().then(() => say({ type: 'ping', payload: authorization() }));
            return;
          case 'next':
          case 'error': {
            const why = take(message.type === 'next' ? message.payload : { errors: message.payload });
            if (why) end(why);
            return;
          }
          case 'complete':
            return end('resume');
        }
      };
    });

  const byEvents = async (): Promise<End> => {
    const abort = new AbortController();
    close = () => abort.abort();
    try {
      const response = await fetch('/graphql', {
        method: 'POST',
        headers: {
          accept: 'text/event-stream',
          authorization: `Bearer ${options.token() ?? ''}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ query: options.query, variables: { after: cursor } }),
        signal: abort.signal,
      });
      if (!response.ok || !response.body) return response.status === 401 ? 'token' : 'lost';
      opened();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let text = ''; ; ) {
        const { done, value } = await reader.read();
        if (done) return 'resume';
        text += value;
        const events = text.split('\n\n');
        text = events.pop() ?? '';
        for (const event of events) {
          const data = event.split('\n').find((line) => line.startsWith('data:'))?.slice(5).trim();
          const why = event.includes('event: next') && data ? take(JSON.parse(data)) : null;
          if (why) return why;
        }
      }
    } catch {
      return 'lost';
    } finally {
      abort.abort();
    }
  };

  const pause = (milliseconds: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const run = async () => {
    cursor = (await options.after) ?? null;
    let tried: string | null = null;
    while (!stopped) {
      tell(failures ? 'away' : 'connecting');
      const token = options.token();
      const why = await (failures >= STUBBORN && failures % 2 ? byEvents() : bySocket());
      if (stopped) return;
      if (why === 'token' && tried !== token) {
        tried = token; // a refused token is renewed once; after that only waiting helps
        await options.renew();
        continue;
      }
      failures += 1;
      // Spread out, so that a restart does not bring everybody at once.
      const longest = why === 'resume' ? 500 : Math.min(LONGEST_PAUSE, 500 * 2 ** failures);
      if (why !== 'resume') tell('away');
      await pause(longest * (0.5 + Math.random() / 2));
    }
  };

  const online = () => {
    failures = 0;
    wake();
  };
  addEventListener('online', online);
  void run();
  return () => {
    stopped = true;
    removeEventListener('online', online);
    close();
    wake();
  };
}
