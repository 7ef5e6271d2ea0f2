import assert from 'node:assert/strict';
import { open } from './clients/graphql-ws.mjs';
import { logIn, logOut } from './support/people.mjs';
import { follow, tellStories } from './support/stories.mjs';
import { until } from './support/until.mjs';

const { story, entries } = tellStories('graphql-ws', open);

story('comes back with a fresh token when its session was ended', async (stage) => {
  const { url, client, cursor } = stage;
  const tokens = [];
  const { lost, ...opened } = stage.opens(async () => {
    tokens.push(await logIn(url, 'ana@demo.test'));
    return tokens.at(-1);
  });
  const heard = follow(opened, entries, { clientId: client, after: cursor });
  await stage.writes(['one']);
  await heard.counts(1);
  await logOut(url, tokens[0]);
  await until(() => lost.length > 0, () => lost);
  await stage.writes(['two']);
  await heard.counts(2);
  heard.tells(['one', 'two'], cursor);
  assert.deepEqual(lost, [4403]);
  assert.equal(tokens.length, 2);
  stage.connected(2);
});

story('shows the next token on the open socket when the end of the first is announced', async (stage) => {
  const { url, ana, client, cursor } = stage;
  const next = await logIn(url, 'ana@demo.test');
  const announced = [];
  const answered = [];
  let socket;
  const renewing = stage.opens(() => ana, {
    on: {
      opened: (opened) => (socket = opened),
      ping(received, payload) {
        if (!received || !payload?.tokenExpiresAt) return;
        announced.push(payload.tokenExpiresAt);
        socket.send(JSON.stringify({ type: 'ping', payload: { authorization: `Bearer ${next}` } }));
      },
      pong: (received, payload) => received && answered.push(payload?.tokenExpiresAt),
    },
  });
  const heard = follow(renewing, entries, { clientId: client, after: cursor });
  await until(() => answered.length > 0, () => announced);
  assert.ok(Date.parse(answered[0]) >= Date.parse(announced[0]), `${announced[0]}, then ${answered[0]}`);

  // The first session ends: whoever shows only that token must go, the other one stays.
  const staying = stage.opens(() => ana);
  const control = follow(staying, entries, { clientId: client, after: cursor });
  await stage.writes(['one']);
  await control.counts(1);
  await logOut(url, ana);
  await until(() => staying.lost.length > 0, () => staying.lost);
  await stage.writes(['two']);
  await heard.counts(2);
  heard.tells(['one', 'two'], cursor);
  assert.deepEqual([staying.lost[0], renewing.lost], [4403, []]);

  await logOut(url, next);
  await until(() => renewing.lost.length > 0, () => renewing.lost);
  assert.deepEqual(renewing.lost, [4403]);
});
