import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { assertAccessible } from './support/accessible.mjs';
import { asks, newClient, reaches, tokenOf, useApp } from './support/app.mjs';
import { startOdoo } from './support/odoo.mjs';

const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
const admin = { as: 'admin@demo.test' };

const open = async (app, page, client) => {
  await page.goto(`${app.url}/clients/${client.id}`);
  await page.getByRole('heading', { level: 1, name: client.name }).waitFor();
};
const openSync = async (page) => {
  await page.getByRole('link', { name: 'Sincronización', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'Sincronización' }).waitFor();
};
const edit = async (page, name) => {
  await page.getByRole('button', { name: 'Editar' }).click();
  await page.getByRole('dialog').getByLabel('Nombre').fill(name);
  await page.getByRole('dialog').getByRole('button', { name: 'Guardar' }).click();
  await page.getByRole('heading', { level: 1, name }).waitFor();
};
const rename = async (app, token, client, name) => {
  const { clientUpdate } = await asks(
    app.url,
    `mutation ($input: ClientUpdateInput!) { clientUpdate(input: $input) { client { version } userErrors { code } } }`,
    { input: { id: client.id, expectedVersion: client.version, name } },
    token,
  );
  assert.deepEqual(clientUpdate.userErrors, []);
  client.version = clientUpdate.client.version;
  client.name = name;
};
/** The figures of a kind: in step, waiting, failing, stopped. */
const figures = (page, kind) => page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: kind }) }).getByRole('cell');
const numbers = async (cells) => (await cells.allTextContents()).map(Number);
const sign = (page, text) => page.getByText(text, { exact: true });

describe('while Odoo is away', () => {
  let ana;
  const app = useApp(
    async () => {
      ana = await tokenOf(app.url, 'ana@demo.test');
    },
    () => ({ ODOO_URL: 'http://127.0.0.1:9', ODOO_DB: 'x', ODOO_API_KEYS: 'x' }),
  );

  test('a changed client waits, says why, and the admin sees the count move', async (t) => {
    const client = await newClient(app.url, ana);
    const page = await app.signedIn(t);
    const board = await app.signedIn(t, admin);
    await openSync(board);
    await figures(board, 'Clientes').first().waitFor();
    const [, before] = await numbers(figures(board, 'Clientes'));
    await open(app, page, client);
    await edit(page, `${client.name} Vela`);
    await sign(page, 'Odoo: pendiente de enviar').waitFor();
    await page.getByText('¿Por qué sigue pendiente?').click();
    await page.getByText(/Odoo can't be reached|left alone for a while/).first().waitFor();
    assert.equal(await page.getByRole('button', { name: 'Enviar de nuevo' }).count(), 0);

    await newClient(app.url, ana);
    await reaches(figures(board, 'Clientes'), [0, before + 1, 0, 0], numbers);
    await board.getByText('Sin fallos. Lo pendiente se enviará en cuanto Odoo responda.').waitFor();
    await assertAccessible(board, 'nothing fails');
  });

  test('a client that was never sent shows nothing of Odoo', async (t) => {
    const page = await app.signedIn(t);
    const { clients } = await asks(app.url, '{ clients(first: 25) { nodes { id name sync { status } } } }', {}, ana);
    await open(app, page, clients.nodes.find(({ sync }) => !sync));
    await page.getByRole('heading', { name: 'Historial' }).waitFor();
    assert.equal(await page.getByText(/Odoo/).count(), 0);
  });

  test('the screen is for admins', async (t) => {
    const page = await app.signedIn(t, { path: '/sync' });
    await page.getByRole('heading', { level: 1, name: 'Inicio' }).waitFor();
    assert.equal(await page.getByRole('link', { name: 'Sincronización' }).count(), 0);
  });
});

describe('with an Odoo that answers', () => {
  let odoo, ana;
  const app = useApp(
    async () => {
      ana = await tokenOf(app.url, 'ana@demo.test');
    },
    async () => {
      odoo = await startOdoo();
      odoo.refuses = (name) => (name.includes('Prohibido') ? `El nombre "${name}" no se permite.` : undefined);
      return { ODOO_URL: odoo.url, ODOO_DB: 'x', ODOO_API_KEYS: 'x', ODOO_TRANSPORT: 'json2', ODOO_SYNC: 'client=push' };
    },
  );
  after(() => odoo?.stop());

  const group = (page, text) => page.getByRole('listitem').filter({ has: page.getByRole('heading', { level: 3, name: text }) });
  const refused = 'no se permite.';

  test('what is sent is told on the open screen, with a link into Odoo', async (t) => {
    const client = await newClient(app.url, ana);
    const page = await app.signedIn(t);
    await open(app, page, client);
    await edit(page, `${client.name} Vela`);
    await page.getByText(/Odoo: sincronizado (ahora|hace)/).waitFor();
    const link = page.getByRole('link', { name: 'Ver en Odoo' });
    const target = [await link.getAttribute('target'), await link.getAttribute('href')];
    assert.equal(target[0], '_blank');
    assert.ok(target[1].startsWith(`${odoo.url}/web#id=`), target[1]);
    assert.ok(odoo.has(`${client.name} Vela`));
  });

  test('what Odoo refuses says why; when it is put right it goes by itself', async (t) => {
    const client = await newClient(app.url, ana);
    const page = await app.signedIn(t);
    await open(app, page, client);
    await edit(page, 'Prohibido Uno');
    const trouble = page.getByRole('region', { name: 'Sincronización con Odoo' });
    await trouble.getByText('Motivo: El nombre "Prohibido Uno" no se permite.').waitFor();
    await trouble.getByText(/^Qué hacer: /).waitFor();
    await sign(page, 'Odoo: sin sincronizar').first().waitFor();
    await assertAccessible(page, 'a client that could not be sent');

    const { refuses } = odoo;
    odoo.refuses = () => undefined;
    t.after(() => (odoo.refuses = refuses));
    await trouble.getByRole('button', { name: 'Enviar de nuevo' }).click();
    await page.getByText(/Odoo: sincronizado/).waitFor();
    assert.equal(await trouble.count(), 0);
  });

  test('the admin is told of a new failure, and the notification leads to it', async (t) => {
    const client = await newClient(app.url, ana);
    const page = await app.signedIn(t, admin);
    await page.getByRole('button', { name: /^Notificaciones:/ }).waitFor();
    await rename(app, ana, client, 'Prohibido Dos');
    const notice = page.getByRole('status').filter({ hasText: 'La sincronización con Odoo falló' });
    await notice.getByRole('link', { name: 'Ver los fallos' }).click();
    const found = group(page, refused);
    await found.getByRole('button', { expanded: false }).click();
    await found.getByRole('link', { name: 'Prohibido Dos' }).waitFor();
    await found.getByText('Ver el contenido').click();
    await found.getByRole('definition').filter({ hasText: client.name }).first().waitFor();
    await assertAccessible(page, 'a failure');

    await found.getByRole('button', { name: 'Descartar: Cliente: Prohibido Dos' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('De 1 a 500 caracteres. Quedará en la auditoría.').waitFor();
    await dialog.getByRole('button', { name: 'Descartar', exact: true }).click();
    await dialog.getByText('El motivo debe tener entre 1 y 500 caracteres; ahora tiene 0.').waitFor();
    await assertAccessible(page, 'discard');
    await dialog.getByLabel('Motivo').fill('Es una prueba.');
    await dialog.getByRole('button', { name: 'Descartar', exact: true }).click();
    await page.getByText('Se descartó 1 fallo.').waitFor();
    await found.waitFor({ state: 'detached' });
    await page.getByText('Sin fallos.').waitFor();
    await open(app, page, client);
    await page.getByText('Motivo del descarte: Es una prueba.').waitFor();
  });

  test('failures appear by themselves in their group, and are retried one by one, together and all', async (t) => {
    const clients = [await newClient(app.url, ana), await newClient(app.url, ana), await newClient(app.url, ana)];
    const page = await app.signedIn(t, { ...admin, ...phone, colorScheme: 'dark' });
    await openSync(page);
    await page.getByText('Sin fallos.').waitFor();
    // The same words, so one group.
    const refuses = odoo.refuses;
    odoo.refuses = (name) => (name.includes('Prohibido') ? 'Así no se permite.' : undefined);
    t.after(() => (odoo.refuses = refuses));
    for (const [number, client] of clients.entries()) await rename(app, ana, client, `Prohibido A${number}`);
    const found = group(page, 'Así no se permite.');
    await found.getByText('3 fallos', { exact: true }).waitFor();
    await found.getByRole('button', { expanded: false }).click();
    await found.getByRole('link', { name: 'Prohibido A2' }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
    await assertAccessible(page, 'failures, in the dark');

    odoo.refuses = () => undefined;
    await found.getByRole('button', { name: 'Reintentar: Cliente: Prohibido A1' }).click();
    await page.getByText('Se reintenta 1 fallo.').waitFor();
    await found.getByText('2 fallos', { exact: true }).waitFor();
    await found.getByRole('link', { name: 'Prohibido A1' }).waitFor({ state: 'detached' });
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Fallos');
    await found.getByRole('button', { name: /^Reintentar grupo/ }).click();
    await page.getByText('Se reintentan 2 fallos.').waitFor();
    await page.getByText('Sin fallos.').waitFor();
    await reaches(odoo, true, () => clients.every(({ name }) => odoo.has(name)));

    odoo.refuses = (name) => (name.includes('Otro') ? 'Otro no.' : undefined);
    await rename(app, ana, clients[0], 'Otro');
    await group(page, 'Otro no.').waitFor();
    odoo.refuses = () => undefined;
    await page.getByRole('button', { name: 'Reintentar todo' }).click();
    await page.getByText('Sin fallos.').waitFor();
    await reaches(odoo, true, () => odoo.has('Otro'));
  });
});
