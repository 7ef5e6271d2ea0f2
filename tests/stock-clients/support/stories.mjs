// The stories that every stock client has to live through.
//
// `open({ socketUrl, httpUrl, token, lost }, options)` makes a client. `token` gives the token for each connection;
// `lost` is told the code of each connection that ended, or was refused. `follow(query, variables, { item, failed })`
// subscribes, and takes up after the last item by itself, in the way that this client has for it; `failed` is told the
// codes of the errors that ended the subscription. `close()` ends everything.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { makeServer } from '../../support-node/server.mjs';
import { append, logIn, readClients } from './people.mjs';
import { makeProxy } from './proxy.mjs';
import { until } from './until.mjs';

const entries = `subscription Entries($clientId: ID, $after: Cursor) {
  eventlogNew(clientId: $clientId, after: $after) { cursor previous entry { text author { name } } }
}`;
const feed = `subscription Feed($after: Cursor) {
  feed(after: $after) {
    ... on LiveItem { cursor previous }
    ... on EventlogNew { entry { text author { name } } }
  }
}`;
const invalid = 'subscription Invalid { feed { nothing } }';

/** Begins the tests of a file; gives what tests of its own need. `refusal`: what the client calls a wrong token. */
export function tellStories(name, open, { prepare = async () => {}, refusal = 4403, oneSocket = true } = {}) {
  let server;
  let failed = false;

  before(async () => {
    await prepare();
    // So short that its end is announced on every socket from the start: stock clients have to bear that.
    server = await makeServer({ variables: { CABINA_ACCESS_TTL: '60' }, keepsLog: true });
    await server.start();
  });
  after(() => server?.stop(failed));

  function story(title, tell) {
    test(`${name} ${title}`, { timeout: 60_000 }, async (t) => {
      try {
        await tell(await stage(t));
      } catch (error) {
        failed = true;
        throw error;
      }
    });
  }

  /** Ana's client behind a network of its own, and Sofía, who writes. */
  async function stage(t) {
    const { url } = server;
    const sofia = await logIn(url, 'sofia@demo.test');
    const ana = await logIn(url, 'ana@demo.test');
    const proxy = await makeProxy(server.port);
    const { client, other, cursor } = await readClients(url, ana);
    const all = [];
    t.after(async () => {
      try {
        for (const opened of all) await opened.close();
      } finally {
        await proxy.close();
      }
    });

    /** The client, and what it lost. */
    function opens(token = () => ana, options = {}) {
      const lost = [];
      const opened = open({
        socketUrl: `ws://127.0.0.1:${proxy.port}/graphql/ws`,
        httpUrl: `http://127.0.0.1:${proxy.port}/graphql`,
        token,
        lost: (code) => lost.push(code),
      }, options);
      all.push(opened);
      return { ...opened, lost };
    }

    return {
      url, server, proxy, ana, client, other, cursor, opens,
      /** How often the network was gone through; of requests, fetch keeps and reuses connections as it likes. */
      connected: (times) => oneSocket && assert.equal(proxy.connections, times),
      writes: async (texts, to = client) => {
        for (const text of texts) await append(url, sofia, to, text);
      },
    };
  }

  story('takes up where the connection was lost', async (stage) => {
    const { proxy, client, other, cursor } = stage;
    const opened = stage.opens();
    const { lost } = opened;
    const heard = follow(opened, entries, { clientId: client, after: cursor });
    await stage.writes(['one']);
    await heard.counts(1);
    proxy.cut();
    await until(() => lost.length > 0, () => lost);
    await stage.writes(['two', 'three']);
    await stage.writes(['of somebody else'], other);
    await stage.writes(['four', 'five']);
    assert.equal(heard.items.length, 1, 'nothing gets through a cut network');
    proxy.mend();
    await heard.counts(5);
    await stage.writes(['six']);
    await heard.counts(6);
    heard.tells(['one', 'two', 'three', 'four', 'five', 'six'], cursor);
    stage.connected(2);
    assert.equal(lost.length, 1);
  });

  story('takes up where the server died', async (stage) => {
    const { proxy, other, cursor } = stage;
    const opened = stage.opens();
    const { lost } = opened;
    const heard = follow(opened, feed, { after: cursor });
    await stage.writes(['one']);
    await heard.counts(1);
    proxy.hold();
    // Acknowledged, so it must arrive, whether the server died before it could send it or not.
    await stage.writes(['two']);
    await stage.server.kill();
    await until(() => lost.length > 0, () => lost);
    await stage.server.start();
    await stage.writes(['three']);
    await stage.writes(['four'], other);
    proxy.mend();
    await heard.counts(4);
    await stage.writes(['five']);
    await heard.counts(5);
    heard.tells(['one', 'two', 'three', 'four', 'five'], cursor);
    stage.connected(2);
  });

  story('is refused with a wrong token, and comes in with the next one', async (stage) => {
    const { client, cursor, ana } = stage;
    const tokens = ['wrong'];
    const opened = stage.opens(() => tokens.pop() ?? ana);
    const { lost } = opened;
    const heard = follow(opened, entries, { clientId: client, after: cursor });
    await stage.writes(['one']);
    await heard.counts(1);
    assert.deepEqual(lost, [refusal]);
    await stage.writes(['two']);
    await heard.counts(2);
    heard.tells(['one', 'two'], cursor);
    assert.deepEqual(lost, [refusal]);
    stage.connected(2);
  });

  story('is told what is wrong with a document, while its other streams go on', async (stage) => {
    const { client, cursor } = stage;
    const opened = stage.opens();
    const { lost } = opened;
    const heard = follow(opened, entries, { clientId: client, after: cursor });
    await stage.writes(['one']);
    await heard.counts(1);
    const wrong = [follow(opened, invalid, {}), follow(opened, feed, { after: 'no cursor' })];
    await until(() => wrong.every(({ failures }) => failures.length > 0), () => wrong);
    for (const { failures, items } of wrong) {
      assert.deepEqual(failures, [['BAD_INPUT']]);
      assert.deepEqual(items, []);
    }
    await stage.writes(['two']);
    await heard.counts(2);
    heard.tells(['one', 'two'], cursor);
    assert.deepEqual(lost, []);
    stage.connected(1);
  });

  return { story, entries };
}

/** Follows, and keeps what was heard. */
export function follow(opened, query, variables) {
  const items = [];
  const failures = [];
  opened.follow(query, variables, { item: (item) => items.push(item), failed: (codes) => failures.push(codes) });
  return {
    items,
    failures,
    /** Waits until there are so many entries. */
    async counts(number) {
      await until(() => entriesOf(items).length >= number || failures.length > 0, () => items);
      assert.ok(entriesOf(items).length >= number, `failed: ${JSON.stringify(failures)}`);
    },
    /** There are exactly these entries, all Sofía's, and each item is linked to the one before. */
    tells(texts, cursor) {
      assert.deepEqual(entriesOf(items).map(({ text }) => text), texts);
      const cursors = items.map((item) => item.cursor);
      assert.deepEqual(items.map(({ previous }) => previous), [cursor, ...cursors].slice(0, -1));
      assert.equal(new Set(cursors).size, cursors.length);
      for (const { author } of entriesOf(items)) assert.equal(author.name, 'Sofía Arizmendi');
      assert.deepEqual(failures, []);
    },
  };
}

const entriesOf = (items) => items.flatMap(({ entry }) => entry ?? []);

export const codesOf = (errors) => errors.map(({ extensions }) => extensions?.code);
