import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asks, newClient, reaches, tokenOf, useApp } from './support/app.mjs';

let ana, sofia;
const app = useApp(async () => {
  ana = await tokenOf(app.url, 'ana@demo.test');
  sofia = await tokenOf(app.url, 'sofia@demo.test');
});

const append = (client, text) =>
  asks(
    app.url,
    'mutation ($input: EventlogAppendInput!) { eventlogAppend(input: $input) { userErrors { code } } }',
    { input: { clientId: client.id, kind: 'NOTE', text } },
    sofia,
  );
const rename = (client, expectedVersion, name) =>
  asks(
    app.url,
    'mutation ($input: ClientUpdateInput!) { clientUpdate(input: $input) { userErrors { code } } }',
    { input: { id: client.id, expectedVersion, name } },
    sofia,
  );
/** The cursor of now, as every query tells it. */
const cursorOf = async (token) => {
  const body = JSON.stringify({ query: '{ viewer { id } }' });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const response = await fetch(`${app.url}/graphql`, { method: 'POST', headers, body });
  return (await response.json()).extensions.cursor;
};
const open = async (page, client) => {
  await page.goto(`${app.url}/clients/${client.id}`);
  await page.getByRole('heading', { level: 1, name: client.name }).waitFor();
};
const entry = (page, text) => page.getByRole('listitem').filter({ hasText: text });

test('what a colleague does appears by itself', async (t) => {
  const client = await newClient(app.url, ana);
  const page = await app.signedIn(t);
  await open(page, client);
  let loads = 0;
  page.on('load', () => (loads += 1));
  await append(client, 'Sofía llamó al cliente.');
  await entry(page, 'Sofía llamó al cliente.').waitFor();
  await rename(client, client.version, `${client.name} Vela`);
  await page.getByRole('heading', { level: 1, name: `${client.name} Vela` }).waitFor();
  assert.equal(await entry(page, 'Sofía llamó al cliente.').count(), 1);
  assert.equal(loads, 0);
});

test('what happened while the connection was away appears when it is back', async (t) => {
  const client = await newClient(app.url, ana);
  const page = await app.signedIn(t);
  const sockets = [];
  await page.routeWebSocket('**/graphql/ws', (socket) => {
    sockets.push(socket);
    socket.connectToServer();
  });
  await open(page, client);
  await append(client, 'Antes.');
  await entry(page, 'Antes.').waitFor();
  await page.context().setOffline(true);
  for (const socket of sockets) await socket.close({ code: 3000 });
  await page.getByRole('banner').getByText('Reconectando…').waitFor();
  await append(client, 'Mientras tanto.');
  await page.context().setOffline(false);
  await entry(page, 'Mientras tanto.').waitFor();
  await page.getByRole('banner').getByText('Reconectando…').waitFor({ state: 'hidden' });
});

test('where websockets do not get through, events do', async (t) => {
  const client = await newClient(app.url, ana);
  const page = await app.signedIn(t);
  await page.routeWebSocket('**/graphql/ws', (socket) => socket.close({ code: 3000 }));
  const listening = page.waitForRequest((request) => request.headers().accept === 'text/event-stream', { timeout: 30_000 });
  await open(page, client);
  await listening;
  await append(client, 'Por eventos.');
  await entry(page, 'Por eventos.').waitFor();
});

/** What passes over the sockets of a page, and a way to speak in the server's place. */
async function listenIn(page) {
  const wire = { sockets: 0, said: [], speak: () => {}, deaf: false };
  await page.routeWebSocket('**/graphql/ws', (socket) => {
    wire.sockets += 1;
    const server = socket.connectToServer();
    wire.speak = (message) => socket.send(JSON.stringify(message));
    socket.onMessage((message) => {
      wire.said.push(JSON.parse(message));
      server.send(message);
    });
    server.onMessage((message) => {
      const { type, id } = JSON.parse(message);
      if (!(wire.deaf && type === 'next' && id === wire.feed().id)) socket.send(message);
    });
  });
  const begun = (name) => wire.said.filter(({ type, payload }) => type === 'subscribe' && payload.query.includes(`subscription ${name}`));
  wire.begun = begun;
  wire.feed = () => begun('Feed').at(-1);
  return wire;
}
const count = (wire, name, expected) => reaches(wire, expected, () => wire.begun(name).length);

test('all that a page follows travels on one socket, and what it leaves is ended there', async (t) => {
  const page = await app.signedIn(t);
  const wire = await listenIn(page);
  await page.goto(app.url);
  await page.getByText('En vivo', { exact: true }).waitFor();
  await count(wire, 'Feed', 1);
  await reaches(wire, true, () => wire.begun('Dashboard').length > 0);
  const { id } = wire.begun('Dashboard').at(-1);
  await page.getByRole('link', { name: 'Clientes', exact: true }).click();
  await reaches(wire, true, () => wire.said.some((message) => message.type === 'complete' && message.id === id));
  assert.equal(wire.sockets, 1);
  // It stands on the first page of the list.
  const client = await newClient(app.url, ana, { name: `Aa Prueba ${process.pid}` });
  await page.getByRole('link').filter({ hasText: client.name }).waitFor();
  await count(wire, 'Feed', 1);
});

test('a stream that ends is taken up where it was, on the same socket', async (t) => {
  const client = await newClient(app.url, ana);
  const page = await app.signedIn(t);
  const wire = await listenIn(page);
  await open(page, client);
  await count(wire, 'Feed', 1);
  await append(client, 'Antes.');
  await entry(page, 'Antes.').waitFor();
  const first = wire.feed();
  wire.deaf = true;
  await append(client, 'No llegó.');
  wire.speak({ type: 'error', id: first.id, payload: [{ message: '', extensions: { code: 'LAGGED' } }] });
  await count(wire, 'Feed', 2);
  wire.deaf = false;
  assert.notEqual(wire.feed().payload.variables.after, first.payload.variables.after);
  await append(client, 'Después.');
  await entry(page, 'Después.').waitFor();
  await entry(page, 'No llegó.').waitFor();
  assert.equal(wire.sockets, 1);
});

test('an item of a kind that the page does not know moves it on', async (t) => {
  const page = await app.signedIn(t);
  const wire = await listenIn(page);
  await page.goto(app.url);
  await count(wire, 'Feed', 1);
  await append(await newClient(app.url, ana), 'Algo.');
  const { id } = wire.feed();
  const cursor = await cursorOf(ana);
  wire.speak({ type: 'next', id, payload: { data: { feed: { __typename: 'NewsOfTomorrow', cursor } } } });
  wire.speak({ type: 'error', id, payload: [{ message: '', extensions: { code: 'LAGGED' } }] });
  await count(wire, 'Feed', 2);
  assert.equal(wire.feed().payload.variables.after, cursor);
});

test('what is lost for good is fetched again', async (t) => {
  const client = await newClient(app.url, ana);
  const page = await app.signedIn(t);
  const wire = await listenIn(page);
  await open(page, client);
  await count(wire, 'Feed', 1);
  wire.deaf = true;
  await append(client, 'Nadie lo dijo.');
  const extensions = { code: 'CURSOR_EXPIRED', cursor: wire.feed().payload.variables.after };
  wire.speak({ type: 'error', id: wire.feed().id, payload: [{ message: '', extensions }] });
  await entry(page, 'Nadie lo dijo.').waitFor();
  assert.equal(wire.sockets, 1);
});

test('a subscription that the server refuses says so, and leaves the others alone', async (t) => {
  const client = await newClient(app.url, ana);
  const page = await app.signedIn(t);
  const wire = await listenIn(page);
  await page.goto(app.url);
  await page.getByText('En vivo', { exact: true }).waitFor();
  await reaches(wire, true, () => wire.begun('Dashboard').length > 0 && wire.begun('Feed').length > 0);
  await page.getByRole('list', { name: 'Cifras' }).waitFor();
  const before = wire.begun('Dashboard').length;
  wire.speak({ type: 'error', id: wire.begun('Dashboard').at(-1).id, payload: [{ message: '', extensions: { code: 'INTERNAL' } }] });
  await page.getByRole('main').getByText('Reconectando…').waitFor();
  await append(client, 'Se oye igual.');
  await page.getByRole('status').getByRole('link', { name: client.name }).waitFor();
  await page.getByText('En vivo', { exact: true }).waitFor();
  await count(wire, 'Dashboard', before + 1);
  assert.equal(wire.sockets, 1);
});

test('by events, each subscription has its own', async (t) => {
  const client = await newClient(app.url, ana);
  const page = await app.signedIn(t);
  await page.routeWebSocket('**/graphql/ws', (socket) => socket.close({ code: 3000 }));
  await page.goto(app.url);
  await page.getByText('En vivo', { exact: true }).waitFor({ timeout: 30_000 });
  await page.getByRole('list', { name: 'Cifras' }).waitFor();
  await append(client, 'Por eventos.');
  await page.getByRole('status').getByRole('link', { name: client.name }).waitFor();
});
