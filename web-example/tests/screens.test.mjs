import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAccessible } from './support/accessible.mjs';
import { asks, logIn, newClient, tokenOf, useApp } from './support/app.mjs';

let client, sofia;
const app = useApp(async () => {
  client = await newClient(app.url, await tokenOf(app.url, 'ana@demo.test'));
  sofia = await tokenOf(app.url, 'sofia@demo.test');
});
const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

const openFirst = async (page) => {
  await page.getByRole('region', { name: 'Todos los clientes' }).getByRole('link').first().click();
  await page.getByRole('heading', { name: 'Historial' }).waitFor();
  await page.getByRole('region', { name: 'Historial' }).getByRole('listitem').first().waitFor();
};

const openHome = async (page) => {
  await page.getByRole('link', { name: 'Inicio', exact: true }).click();
  await page.getByRole('list', { name: 'Cifras' }).waitFor();
};
const openAgenda = async (page) => {
  await page.getByRole('link', { name: 'Agenda', exact: true }).click();
  await page.getByRole('button', { name: 'Nuevo evento', exact: true }).waitFor();
};
/** Leaves the notice of a new notification on the screen. */
const beTold = async (page) => {
  await asks(
    app.url,
    'mutation ($input: EventlogAppendInput!) { eventlogAppend(input: $input) { userErrors { code } } }',
    { input: { clientId: client.id, kind: 'NOTE', text: 'Una nota bastante larga. '.repeat(12) } },
    sofia,
  );
  await page.getByRole('status').getByRole('link', { name: client.name }).waitFor();
};
const openNotifications = async (page) => {
  await page.getByRole('button', { name: /^Notificaciones/ }).click();
  await page.getByRole('dialog').getByRole('listitem').first().waitFor();
};

for (const colorScheme of ['light', 'dark']) {
  test(`no serious fault of accessibility on any screen (${colorScheme})`, async (t) => {
    const page = await app.open(t, { colorScheme, reducedMotion: 'reduce' });
    await assertAccessible(page, 'login');
    await logIn(page);
    await page.getByRole('region', { name: 'Todos los clientes' }).getByRole('link').first().waitFor();
    await assertAccessible(page, 'list');
    await page.getByLabel('Buscar un cliente').fill('gonzalez');
    await page.getByRole('option').first().waitFor();
    await assertAccessible(page, 'search');
    await page.getByLabel('Buscar un cliente').fill('');
    await openFirst(page);
    await assertAccessible(page, 'detail');
    await page.getByRole('button', { name: 'Editar' }).click();
    await page.getByRole('dialog').waitFor();
    await assertAccessible(page, 'edit');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await openAgenda(page);
    await assertAccessible(page, 'agenda');
    await openHome(page);
    await beTold(page);
    await assertAccessible(page, 'home');
    await openNotifications(page);
    await assertAccessible(page, 'notifications');
    await page.getByRole('dialog').getByRole('button', { name: 'Marcar todas como leídas' }).click();
    await page.getByRole('dialog').getByText('Sin leer').waitFor({ state: 'detached' });
    await assertAccessible(page, 'notifications, all read');
  });
}

test('nothing is wider than a phone', async (t) => {
  const page = await app.open(t, phone);
  const assertFits = async (screen) => {
    const [width, shown] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.equal(width, 390, screen);
    assert.equal(shown, 390, screen);
  };
  await page.getByRole('button', { name: 'Entrar' }).waitFor();
  await assertFits('login');
  await logIn(page);
  await page.getByRole('region', { name: 'Todos los clientes' }).getByRole('link').first().waitFor();
  await assertFits('list');
  await page.getByLabel('Buscar un cliente').fill('gonzalez');
  await page.getByRole('option').first().waitFor();
  await assertFits('search');
  await page.getByLabel('Buscar un cliente').fill('');
  await openFirst(page);
  await assertFits('detail');
  await page.getByRole('button', { name: 'Editar' }).click();
  await page.getByRole('dialog').waitFor();
  await assertFits('edit');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  await openAgenda(page);
  await assertFits('agenda');
  await openHome(page);
  await beTold(page);
  await assertFits('home');
  await openNotifications(page);
  await assertFits('notifications');
  const { width } = await page.getByRole('dialog').boundingBox();
  assert.equal(Math.round(width), 390);
});

test('the screens speak English too, and remember it', async (t) => {
  const page = await app.signedIn(t);
  await page.getByRole('radiogroup', { name: 'Idioma' }).getByText('EN').click();
  await page.getByRole('heading', { name: 'Clients', exact: true }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Clients', exact: true }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'en');
});

test('GraphiQL works without any other network, and a log-in puts its token into the headers', async (t) => {
  const page = await app.open(t);
  const abroad = [];
  await page.route(
    (url) => url.origin !== app.url && url.protocol.startsWith('http'),
    (route) => {
      abroad.push(route.request().url());
      return route.abort();
    },
  );
  await page.goto(`${app.url}/graphiql`);
  assert.equal(await page.title(), 'GraphiQL – cabina');
  const answer = page.locator('.graphiql-response');
  const run = async (tab, awaited) => {
    await page.getByRole('tab', { name: tab }).click();
    await page.locator('.graphiql-query-editor .view-line').filter({ hasText: tab }).waitFor();
    await page.getByRole('button', { name: /Execute query/ }).click();
    await answer.locator('.view-line').filter({ hasText: awaited }).first().waitFor();
  };
  await run('LogIn', '"accessToken"');
  await page.locator('.graphiql-editors .view-line').filter({ hasText: /authorization.*Bearer/ }).waitFor();
  await run('FindClients', '"matchedField"');
  await run('ClientsWithHistory', '"totalCount"');
  assert.deepEqual(abroad, []);
});
