import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asks, newClient, reaches, tokenOf, useApp } from './support/app.mjs';

let ana, beto, sofia;
const app = useApp(async () => {
  ana = await tokenOf(app.url, 'ana@demo.test');
  beto = await tokenOf(app.url, 'beto@demo.test');
  sofia = await tokenOf(app.url, 'sofia@demo.test');
});

const append = async (client, text) => {
  const { eventlogAppend } = await asks(
    app.url,
    'mutation ($input: EventlogAppendInput!) { eventlogAppend(input: $input) { userErrors { code } } }',
    { input: { clientId: client.id, kind: 'NOTE', text } },
    sofia,
  );
  assert.deepEqual(eventlogAppend.userErrors, []);
};
const unread = async (token) => (await asks(app.url, '{ notificationUnreadCount }', {}, token)).notificationUnreadCount;
const bell = (page) => page.getByRole('button', { name: /^Notificaciones/ });
const rings = (page, count) =>
  page.getByRole('button', { name: `Notificaciones: ${count || 'ninguna'} sin leer`, exact: true }).waitFor();
const panel = (page) => page.getByRole('dialog', { name: 'Notificaciones' });
const row = (page, text) => panel(page).getByRole('listitem').filter({ hasText: text });
const openPanel = async (page) => {
  await page.bringToFront(); // a tab that nobody looks at is slow
  await bell(page).click();
  await panel(page).waitFor();
};
const hasFocus = (part) => part.evaluate((each) => each === document.activeElement);
/** A second tab of the same person. */
const tabBeside = async (page) => {
  const other = await page.context().newPage();
  await other.goto(`${app.url}/clients`);
  await bell(other).waitFor();
  return other;
};

test('a colleague writes: the bell rings, a notice comes up, and the list is there, without a reload', async (t) => {
  const client = await newClient(app.url, ana);
  const before = await unread(ana);
  const page = await app.signedIn(t);
  let loads = 0;
  page.on('load', () => (loads += 1));
  await rings(page, before);
  await append(client, 'Le urge la entrega.');
  await rings(page, before + 1);
  await page.getByRole('status').filter({ hasText: `${before + 1} notificaci` }).waitFor({ state: 'attached' });
  const notice = page.getByRole('status').filter({ hasText: 'Sofía Arizmendi escribió en el historial' });
  await notice.getByRole('link', { name: client.name }).waitFor();
  await openPanel(page);
  await row(page, 'Le urge la entrega.').filter({ hasText: 'Sin leer' }).getByRole('link', { name: client.name }).waitFor();
  assert.equal(await notice.count(), 0);

  await append(client, 'Ya tiene fecha.');
  await panel(page).getByRole('listitem').first().filter({ hasText: 'Ya tiene fecha.' }).waitFor();
  await reaches(page.locator('[aria-label^="Notificaciones:"]'), `Notificaciones: ${before + 2} sin leer`);
  assert.equal(await notice.count(), 0, 'what is in the open list needs no notice');
  assert.equal(loads, 0);
});

test('what one tab marks is marked in the other', async (t) => {
  const client = await newClient(app.url, ana);
  await append(client, 'Para las dos pestañas.');
  const before = await unread(ana);
  const page = await app.signedIn(t);
  const other = await tabBeside(page);
  await Promise.all([rings(page, before), rings(other, before)]);
  await openPanel(page);
  await row(page, 'Para las dos pestañas.').getByRole('button', { name: 'Marcar como leída' }).click();
  await rings(other, before - 1);
  await openPanel(other);
  const there = row(other, 'Para las dos pestañas.');
  await there.getByRole('button', { name: 'Marcar como no leída' }).click();
  await there.filter({ hasText: 'Sin leer' }).waitFor();
  await row(page, 'Para las dos pestañas.').filter({ hasText: 'Sin leer' }).waitFor();
  assert.equal(await unread(ana), before);
});

test('while the stream is away, marking one tells how many are left', async (t) => {
  await append(await newClient(app.url, ana), 'Sin conexión.');
  const before = await unread(ana);
  const page = await app.signedIn(t);
  await page.routeWebSocket('**/graphql/ws', (socket) => socket.close({ code: 3000 }));
  const asked = [];
  await page.route('**/graphql', (route) => {
    if (route.request().headers().accept === 'text/event-stream') return route.abort();
    asked.push(route.request().postData());
    return route.continue();
  });
  await page.goto(`${app.url}/clients`);
  await page.getByRole('banner').getByText('Reconectando…').waitFor();
  await rings(page, before);
  await openPanel(page);
  asked.length = 0;
  await row(page, 'Sin conexión.').getByRole('button', { name: 'Marcar como leída' }).click();
  await row(page, 'Sin conexión.').getByRole('button', { name: 'Marcar como no leída' }).waitFor();
  await page.keyboard.press('Escape');
  await rings(page, before - 1);
  assert.deepEqual(asked.filter((query) => query.includes('UnreadCount')), []);
});

test('all are marked at once, in every tab, up to the newest that was seen', async (t) => {
  const client = await newClient(app.url, ana);
  for (const text of ['Uno.', 'Dos.', 'Tres.']) await append(client, text);
  const before = await unread(ana);
  const page = await app.signedIn(t);
  const other = await tabBeside(page);
  await openPanel(other);
  await openPanel(page);
  await Promise.all([page, other].map((each) => row(each, 'Uno.').filter({ hasText: 'Sin leer' }).waitFor()));

  // One that this tab does not know of yet: its stream is silent, and nothing is fetched.
  const held = [];
  let silent = true;
  await page.route('**/graphql', (route) => {
    if (!silent || !route.request().postData().includes('query Notifications')) return route.continue();
    held.push(route);
  });
  await append(client, 'Cuatro.');
  await row(other, 'Cuatro.').waitFor();
  assert.equal(await row(page, 'Cuatro.').count(), 0);
  await panel(page).getByRole('button', { name: 'Marcar todas como leídas' }).click();
  await row(other, 'Tres.').getByRole('button', { name: 'Marcar como no leída' }).waitFor();
  await row(other, 'Uno.').getByRole('button', { name: 'Marcar como no leída' }).waitFor();
  await row(other, 'Cuatro.').getByRole('button', { name: 'Marcar como leída' }).waitFor();
  assert.ok(before >= 3);
  assert.equal(await unread(ana), 1);
  silent = false;
  for (const route of held) await route.continue();

  await page.bringToFront();
  await row(page, 'Cuatro.').waitFor();
  await panel(page).getByRole('button', { name: 'Marcar todas como leídas' }).click();
  await row(other, 'Cuatro.').getByRole('button', { name: 'Marcar como no leída' }).waitFor();
  await page.keyboard.press('Escape');
  await rings(page, 0);
  await reaches(bell(page), true, hasFocus);
  assert.equal(await unread(ana), 0);
});

test('a client is given to Beto: his link opens it, and with that the notification is read', async (t) => {
  const client = await newClient(app.url, ana);
  const page = await app.signedIn(t, { as: 'beto@demo.test' });
  await rings(page, 0);
  await openPanel(page);
  await panel(page).getByText('No hay notificaciones.').waitFor();
  await page.keyboard.press('Escape');
  const { viewer } = await asks(app.url, '{ viewer { id } }', {}, beto);
  const { clientReassign } = await asks(
    app.url,
    'mutation ($input: ClientReassignInput!) { clientReassign(input: $input) { userErrors { code } } }',
    { input: { id: client.id, expectedVersion: client.version, advisorId: viewer.id } },
    sofia,
  );
  assert.deepEqual(clientReassign.userErrors, []);
  await rings(page, 1);
  await openPanel(page);
  await row(page, 'Sofía Arizmendi le asignó un cliente').getByRole('link', { name: client.name }).click();
  const heading = page.getByRole('heading', { level: 1, name: client.name });
  await heading.waitFor();
  await rings(page, 0);
  await panel(page).waitFor({ state: 'hidden' });
  await reaches(heading, true, hasFocus);
  assert.equal(await unread(beto), 0);
});

test('the notice leads to the client too', async (t) => {
  const client = await newClient(app.url, ana);
  const before = await unread(ana);
  const page = await app.signedIn(t);
  await rings(page, before);
  await append(client, 'Desde el aviso.');
  await page.getByRole('status').getByRole('link', { name: client.name }).click();
  await page.getByRole('heading', { level: 1, name: client.name }).waitFor();
  await rings(page, before);
  assert.equal(await page.getByRole('status').getByRole('link').count(), 0);
});

test('what came while the connection was away is counted when it is back', async (t) => {
  const client = await newClient(app.url, ana);
  const before = await unread(ana);
  const page = await app.signedIn(t);
  const sockets = [];
  await page.routeWebSocket('**/graphql/ws', (socket) => {
    sockets.push(socket);
    socket.connectToServer();
  });
  await page.reload();
  await rings(page, before);
  await page.context().setOffline(true);
  for (const socket of sockets) await socket.close({ code: 3000 });
  await page.getByRole('banner').getByText('Reconectando…').waitFor();
  await append(client, 'Mientras tanto.');
  assert.equal(await unread(ana), before + 1);
  await rings(page, before);
  await page.context().setOffline(false);
  await rings(page, before + 1);
});

test('a long list loads further, and a new one pushes none out of sight', async (t) => {
  const client = await newClient(app.url, ana);
  for (let number = 1; number <= 18; number += 1) await append(client, `Aviso ${number}.`);
  const page = await app.signedIn(t);
  await openPanel(page);
  const rows = panel(page).getByRole('listitem');
  await rows.nth(14).waitFor();
  assert.equal(await rows.count(), 15);
  await panel(page).getByRole('button', { name: 'Cargar más' }).click();
  await row(page, /Aviso 1\./).waitFor();
  assert.equal(await rows.nth(15).evaluate((each) => each.contains(document.activeElement)), true);
  await append(client, 'Aviso 19.');
  await rows.first().filter({ hasText: 'Aviso 19.' }).waitFor();
  const texts = async () => {
    const shown = await rows.allTextContents();
    return shown.flatMap((text) => text.match(/Aviso \d+\./) ?? []);
  };
  await reaches(rows, Array.from({ length: 19 }, (_, index) => `Aviso ${19 - index}.`), texts);
});
