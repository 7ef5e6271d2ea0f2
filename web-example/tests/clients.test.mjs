import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asks, historyOf, newClient, tokenOf, useApp } from './support/app.mjs';

let ana;
const app = useApp(async () => {
  ana = await tokenOf(app.url, 'ana@demo.test');
});

const openClient = async (page, client) => {
  await page.goto(`${app.url}/clients/${client.id}`);
  await page.getByRole('heading', { level: 1, name: client.name }).waitFor();
};
const history = (page) => page.getByRole('region', { name: 'Historial' });
const write = (page, text) => page.getByLabel('Texto').fill(text);
const add = (page) => page.getByRole('button', { name: 'Añadir' });
const told = (page, text) => page.getByRole('status').filter({ hasText: text }).waitFor();

test('typing gonzalez finds a González, and the keyboard opens it', async (t) => {
  const page = await app.signedIn(t);
  const box = page.getByRole('combobox', { name: 'Buscar un cliente' });
  const dropdown = page.locator('div:has(> [role=listbox])');
  await box.waitFor();
  assert.equal(await dropdown.isVisible(), false);
  await box.pressSequentially('gonzalez');
  const hits = page.getByRole('option');
  await hits.first().waitFor();
  assert.equal(await dropdown.isVisible(), true);
  for (const hit of await hits.all()) assert.match(await hit.textContent(), /gonz[aá]lez/i);
  await told(page, /clientes? encontrados?/);
  assert.equal(await hits.first().getAttribute('aria-selected'), 'true');
  if ((await hits.count()) > 1) {
    await page.keyboard.press('ArrowDown');
    assert.equal(await hits.nth(1).getAttribute('aria-selected'), 'true');
    await page.keyboard.press('ArrowUp');
  }
  const name = await hits.first().locator('span').first().textContent();
  await page.keyboard.press('Enter');
  const heading = page.getByRole('heading', { level: 1, name });
  await heading.waitFor();
  assert.equal(await heading.evaluate((h1) => h1 === document.activeElement), true);
  await history(page).getByRole('listitem').first().waitFor();
  assert.equal(await page.title(), `${name} – cabina`);
});

test('the answer to an earlier word never covers that to a later one', async (t) => {
  const page = await app.signedIn(t);
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route('**/graphql', async (route) => {
    if (route.request().postDataJSON().variables?.text === 'gonz') await held;
    // The page may have given up waiting for it.
    await route.continue().catch(() => {});
  });
  const box = page.getByRole('combobox', { name: 'Buscar un cliente' });
  await Promise.all([page.waitForRequest((request) => request.postData()?.includes('"gonz"')), box.fill('gonz')]);
  await box.fill('zzzz');
  const nothing = page.getByText('Ningún cliente coincide con «zzzz».').first();
  await nothing.waitFor();
  release();
  await page.waitForTimeout(300);
  assert.equal(await nothing.isVisible(), true);
  assert.equal(await page.getByRole('option').count(), 0);
});

test('a note appears on top of the history, once, whatever is clicked', async (t) => {
  const client = await newClient(app.url, ana);
  const page = await app.signedIn(t);
  await openClient(page, client);
  await write(page, 'Pidió una cotización a 36 meses.');
  await add(page).dblclick();
  await told(page, 'Añadido al historial.');
  const top = history(page).getByRole('listitem').first();
  await top.filter({ hasText: 'Pidió una cotización a 36 meses.' }).waitFor();
  assert.match(await top.textContent(), /^Nota ?por Ana/);
  assert.equal(await page.getByLabel('Texto').inputValue(), '');
  const notes = (await historyOf(app.url, ana, client.id)).filter(({ kind }) => kind === 'NOTE');
  assert.deepEqual(notes, [{ kind: 'NOTE', text: 'Pidió una cotización a 36 meses.' }]);
});

test('a call whose answer was lost waits on the device, is sent again by itself, and written once', async (t) => {
  const client = await newClient(app.url, ana);
  const page = await app.signedIn(t);
  await openClient(page, client);
  let lost = 0;
  let back = false;
  await page.route('**/graphql', async (route) => {
    if (back || !route.request().postData().includes('eventlogAppend')) return route.continue();
    lost += 1;
    await route.fetch();
    return route.abort();
  });
  await page.getByText('Llamada', { exact: true }).click();
  await write(page, 'No contestó.');
  await add(page).click();
  await told(page, 'Guardado en este dispositivo');
  assert.equal(await page.getByLabel('Texto').inputValue(), '');
  const unsent = page.getByRole('list', { name: 'Sin enviar' });
  await unsent.getByText('No contestó.').waitFor();
  await page.reload();
  await unsent.getByText('No contestó.').waitFor();
  back = true;
  await unsent.waitFor({ state: 'detached', timeout: 30_000 });
  await history(page).getByText('No contestó.').waitFor();
  assert.ok(lost >= 2);
  const calls = (await historyOf(app.url, ana, client.id)).filter(({ kind }) => kind === 'CALL');
  assert.deepEqual(calls, [{ kind: 'CALL', text: 'No contestó.' }]);
});

test('a long history loads further, and a new entry pushes none out of sight', async (t) => {
  const client = await newClient(app.url, ana);
  for (let number = 1; number <= 25; number += 1) {
    await asks(
      app.url,
      'mutation ($input: EventlogAppendInput!) { eventlogAppend(input: $input) { userErrors { code } } }',
      { input: { clientId: client.id, kind: 'NOTE', text: `Nota ${number}.` } },
      ana,
    );
  }
  const page = await app.signedIn(t);
  await openClient(page, client);
  const entries = history(page).getByRole('listitem');
  await entries.nth(19).waitFor();
  assert.equal(await entries.count(), 20);
  await page.getByRole('button', { name: 'Cargar más' }).click();
  await entries.filter({ hasText: /Nota 1\.$/ }).waitFor();
  const before = await entries.count();
  await write(page, 'Una más.');
  await add(page).click();
  await entries.first().filter({ hasText: 'Una más.' }).waitFor();
  await assertSoon(async () => assert.equal(await entries.count(), before + 1));
  const shown = (await entries.locator('p').allTextContents()).filter((text) => text.startsWith('Nota '));
  assert.deepEqual(shown, Array.from({ length: 25 }, (_, index) => `Nota ${25 - index}.`));
});

test('what cannot be done says why, and what can be done is done', async (t) => {
  const client = await newClient(app.url, ana, { email: null, phone: null });
  const page = await app.signedIn(t);
  await openClient(page, client);
  const header = page.getByRole('banner').locator('xpath=following::header');
  // Playwright takes the button for dead; it is only told to be, and answers a person who presses it.
  await page.getByRole('button', { name: 'Activar', exact: true }).click({ force: true });
  await told(page, 'Un cliente activo necesita correo o teléfono');
  await header.getByText('Prospecto').waitFor();

  await page.getByRole('button', { name: 'Editar' }).click();
  await page.getByRole('dialog').getByLabel('Correo electrónico').fill('nuevo@example.test');
  await page.getByRole('dialog').getByRole('button', { name: 'Guardar' }).click();
  await told(page, 'Datos guardados.');
  await page.getByRole('button', { name: 'Activar', exact: true }).click();
  await told(page, 'Cliente activado.');
  await header.getByText('Activo').waitFor();
  await page.getByRole('button', { name: 'Bloquear', exact: true }).click({ force: true });
  await told(page, 'Su rol no lo permite');
});

test('a supervisor blocks a client, and the reason stays in the history', async (t) => {
  const client = await newClient(app.url, ana);
  const page = await app.signedIn(t, { as: 'sofia@demo.test' });
  await openClient(page, client);
  await page.getByRole('button', { name: 'Bloquear', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: `Bloquear a ${client.name}` });
  await dialog.getByLabel('Motivo').fill('Datos falsos.');
  await dialog.getByRole('button', { name: 'Bloquear' }).click();
  await told(page, 'Cliente bloqueado.');
  await history(page).getByRole('listitem').filter({ hasText: 'Datos falsos.' }).waitFor();
  await page.getByRole('button', { name: 'Desbloquear' }).click();
  await told(page, 'Cliente desbloqueado.');
});

test('when two people edit the same field, both values are shown and one is chosen', async (t) => {
  const client = await newClient(app.url, ana, { phone: '+524495550001' });
  const page = await app.signedIn(t);
  await openClient(page, client);
  await page.getByRole('button', { name: 'Editar' }).click();
  const dialog = page.getByRole('dialog', { name: 'Editar datos' });
  await dialog.getByLabel('Teléfono').fill('+524495550002');

  const other = await asks(
    app.url,
    'mutation ($input: ClientUpdateInput!) { clientUpdate(input: $input) { userErrors { code } } }',
    { input: { id: client.id, expectedVersion: client.version, phone: '+524495550003', name: 'Otro Nombre' } },
    await tokenOf(app.url, 'sofia@demo.test'),
  );
  assert.deepEqual(other.clientUpdate.userErrors, []);

  await dialog.getByRole('button', { name: 'Guardar' }).click();
  const conflict = dialog.getByRole('group', { name: 'Teléfono' });
  await conflict.waitFor();
  assert.match(await conflict.textContent(), /Antes: \+524495550001.*Su valor: \+524495550002.*otra persona: \+524495550003/s);
  await conflict.getByLabel(/Su valor/).check();
  await dialog.getByRole('button', { name: 'Guardar' }).click();
  await told(page, 'Datos guardados.');
  const now = await asks(app.url, 'query ($id: ID!) { client(id: $id) { name phone } }', { id: client.id }, ana);
  assert.deepEqual(now.client, { name: 'Otro Nombre', phone: '+524495550002' });
});

async function assertSoon(check) {
  for (let tries = 0; ; tries += 1) {
    try {
      return await check();
    } catch (error) {
      if (tries === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
