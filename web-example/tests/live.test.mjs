import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asks, newClient, tokenOf, useApp } from './support/app.mjs';

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
  await page.getByText('Sin conexión en vivo; reconectando…').waitFor();
  await append(client, 'Mientras tanto.');
  await page.context().setOffline(false);
  await entry(page, 'Mientras tanto.').waitFor();
  await page.getByText('Sin conexión en vivo; reconectando…').waitFor({ state: 'hidden' });
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
