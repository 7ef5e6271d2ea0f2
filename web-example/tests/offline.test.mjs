import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAccessible } from './support/accessible.mjs';
import { asks, historyOf, logIn, newClient, reaches, tokenOf, useApp } from './support/app.mjs';

let ana, sofia;
const app = useApp(async () => {
  ana = await tokenOf(app.url, 'ana@demo.test');
  sofia = await tokenOf(app.url, 'sofia@demo.test');
});
const withWorker = { serviceWorkers: 'allow' };

const day = '2027-09-14';
const at = (clock) => `${day}T${clock}:00-06:00`;
const agenda = `/agenda?view=week&day=${day}`;
const make = async (title, clock, until) => {
  const { agendaEventCreate } = await asks(
    app.url,
    `mutation ($input: AgendaEventCreateInput!) {
      agendaEventCreate(input: $input) { agendaEvent { id version } userErrors { code message } }
    }`,
    { input: { title, start: at(clock), end: at(until) } },
    ana,
  );
  assert.deepEqual(agendaEventCreate.userErrors, []);
  return agendaEventCreate.agendaEvent;
};
const eventOf = async ({ id }) =>
  (await asks(app.url, 'query ($id: ID!) { agendaEvent(id: $id) { start state version title } }', { id }, ana)).agendaEvent;
const eventsCalled = async (title) =>
  (
    await asks(
      app.url,
      'query ($range: DateTimeRangeInput!) { agendaEvents(range: $range, first: 100) { nodes { title start } } }',
      { range: { start: at('00:00'), end: at('23:59'), timeZone: 'America/Mexico_City' } },
      ana,
    )
  ).agendaEvents.nodes.filter((event) => event.title === title);
const reschedule = (event, clock, until, token) =>
  asks(
    app.url,
    'mutation ($input: AgendaEventRescheduleInput!) { agendaEventReschedule(input: $input) { userErrors { code } } }',
    { input: { id: event.id, expectedVersion: event.version, start: at(clock), end: at(until) } },
    token,
  );
const appendAs = (token, client, text) =>
  asks(
    app.url,
    'mutation ($input: EventlogAppendInput!) { eventlogAppend(input: $input) { userErrors { code } } }',
    { input: { clientId: client.id, kind: 'NOTE', text } },
    token,
  );
const notesOf = async (client) =>
  (await historyOf(app.url, ana, client.id)).filter(({ kind }) => kind === 'NOTE').map(({ text }) => text);

const asOf = (page) => page.getByRole('status').filter({ hasText: 'Sin conexión. Última actualización: ' });
const unsent = (page) => page.getByRole('button', { name: /por enviar|no se aplicó|no se aplicaron/ });
const chip = (page, title) => page.getByRole('button', { name: title }).first();
const column = (page) => page.locator(`[data-hours][data-day="${day}"]`);
const ready = (page) => page.evaluate(async () => void (await navigator.serviceWorker.ready));
const go = (page, name) => page.getByRole('link', { name, exact: true }).click();
const openClient = async (page, client) => {
  await page.goto(`${app.url}/clients/${client.id}`);
  await page.getByRole('heading', { level: 1, name: client.name }).waitFor();
};
const write = async (page, text) => {
  await page.getByLabel('Texto').fill(text);
  await page.getByRole('button', { name: 'Añadir', exact: true }).click();
};
const carryTo = async (page, title, hour) => {
  await chip(page, title).scrollIntoViewIfNeeded();
  const from = await chip(page, title).boundingBox();
  const to = await column(page).boundingBox();
  await page.mouse.move(from.x + 20, from.y + 4);
  await page.mouse.down();
  await page.mouse.move(to.x + 30, to.y + (to.height * hour) / 24 + 4, { steps: 6 });
  await page.mouse.up();
};
const done = async (page, title, action) => {
  await chip(page, title).click();
  await page.getByRole('dialog').getByRole('button', { name: action, exact: true }).click();
  await page.getByRole('dialog').getByText('Guardado en este dispositivo').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
};
/** So many tabs of one window, all at the same client. */
const tabsOf = async (page, client, count) => {
  const others = await Promise.all(Array.from({ length: count - 1 }, () => page.context().newPage()));
  const tabs = [page, ...others];
  for (const tab of tabs) await openClient(tab, client);
  return tabs;
};
/** All that this device keeps. */
const keptHere = (page) =>
  page.evaluate(async () => {
    const wait = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
    const rows = [];
    for (const { name } of await indexedDB.databases()) {
      const db = await wait(indexedDB.open(name));
      for (const table of db.objectStoreNames) rows.push(...(await wait(db.transaction(table).objectStore(table).getAll())));
      db.close();
    }
    return JSON.stringify([rows, { ...localStorage }, { ...sessionStorage }]);
  });

test('a browser takes the app for one that can be installed', async (t) => {
  const page = await app.open(t, withWorker);
  await ready(page);
  const devtools = await page.context().newCDPSession(page);
  const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors');
  // Each test has a private window, where nothing is installed.
  assert.deepEqual(installabilityErrors.map(({ errorId }) => errorId), ['in-incognito']);
  assert.deepEqual((await devtools.send('Page.getAppManifest')).errors, []);
});

test('without a network the app opens, shows what was seen last, and says of when it is', async (t) => {
  const client = await newClient(app.url, ana, { name: `Aa Sin Red ${process.pid}` });
  await appendAs(sofia, client, 'Lo último que se supo.');
  await make('Cita guardada', '09:00', '10:00');
  const page = await app.signedIn(t, withWorker);
  await ready(page);
  const inList = page.getByRole('link').filter({ hasText: client.name });
  await inList.waitFor();
  await openClient(page, client);
  await page.getByText('Lo último que se supo.').waitFor();
  await page.goto(`${app.url}${agenda}`);
  await chip(page, 'Cita guardada').waitFor();
  await page.getByRole('button', { name: /^Notificaciones/ }).click();
  await page.getByRole('dialog').getByText('Lo último que se supo.').waitFor();
  await page.keyboard.press('Escape');
  await go(page, 'Inicio');
  await page.getByRole('list', { name: 'Cifras' }).waitFor();

  await page.context().setOffline(true);
  await page.goto(`${app.url}/clients`);
  await inList.waitFor();
  await asOf(page).waitFor();
  await openClient(page, client);
  await page.getByText('Lo último que se supo.').waitFor();
  await asOf(page).waitFor();
  await page.goto(`${app.url}${agenda}`);
  await chip(page, 'Cita guardada').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Mover', exact: true }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: /^Notificaciones/ }).click();
  await page.getByRole('dialog').getByText('Lo último que se supo.').waitFor();
  await page.keyboard.press('Escape');
  await go(page, 'Inicio');
  await page.getByRole('list', { name: 'Cifras' }).waitFor();

  await openClient(page, client);
  await asOf(page).waitFor();
  await appendAs(sofia, client, 'Mientras no había red.');
  await page.context().setOffline(false);
  await page.getByText('Mientras no había red.').waitFor();
  await asOf(page).waitFor({ state: 'hidden' });
});

test('what is done while the server is down is shown as pending, and done once, in order, when it is back', async (t) => {
  const client = await newClient(app.url, ana);
  const moved = await make('Para mover', '09:00', '10:00');
  const finished = await make('Para cerrar', '11:00', '12:00');
  await appendAs(sofia, client, 'Léame.');
  const page = await app.signedIn(t, withWorker);
  await ready(page);
  await openClient(page, client);
  await page.getByText('Léame.').waitFor();
  await page.goto(`${app.url}${agenda}`);
  await chip(page, 'Para mover').waitFor();
  await page.getByRole('button', { name: /^Notificaciones/ }).click();
  const notice = page.getByRole('dialog').getByRole('listitem').filter({ hasText: 'Léame.' });
  await notice.waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });

  await app.server.halt();
  try {
    await page.goto(`${app.url}${agenda}`);
    await chip(page, 'Para mover').waitFor();
    await carryTo(page, 'Para mover', 15);
    await unsent(page).filter({ hasText: '1 cambio por enviar' }).waitFor();
    await carryTo(page, 'Para mover', 16);
    await unsent(page).filter({ hasText: '2 cambios por enviar' }).waitFor();
    await reaches(chip(page, 'Para mover'), true, async (part) => /16:00.*Pendiente de enviar/s.test(await part.textContent()));
    await done(page, 'Para cerrar', 'Confirmar');
    await reaches(chip(page, 'Para cerrar'), true, async (part) => (await part.textContent()).includes('Confirmado'));

    await page.getByRole('button', { name: 'Nuevo evento', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Nuevo evento' });
    await dialog.getByLabel('Título').fill('Hecho sin red');
    await dialog.getByLabel('Hora de inicio').fill('18:00');
    await dialog.getByRole('button', { name: 'Guardar' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await chip(page, 'Hecho sin red').filter({ hasText: 'Pendiente de enviar' }).waitFor();

    await page.getByRole('button', { name: /^Notificaciones/ }).click();
    await notice.getByRole('button', { name: 'Marcar como leída' }).click();
    await notice.getByText('Pendiente de enviar').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });

    await openClient(page, client);
    await write(page, 'Escrita sin servidor.');
    await page.getByRole('list', { name: 'Sin enviar' }).getByText('Escrita sin servidor.').waitFor();
    await unsent(page).filter({ hasText: '6 cambios por enviar' }).click();
    await page.getByRole('dialog', { name: 'Sin enviar' }).getByRole('listitem').nth(5).waitFor();
    await assertAccessible(page, 'unsent');
    await page.keyboard.press('Escape');
    // What waits outlives the page.
    await page.reload();
    await unsent(page).filter({ hasText: '6 cambios por enviar' }).waitFor();
  } finally {
    await app.server.start();
  }
  await unsent(page).waitFor({ state: 'detached', timeout: 60_000 });
  await page.getByRole('region', { name: 'Historial' }).getByText('Escrita sin servidor.').waitFor();
  assert.deepEqual((await notesOf(client)).sort(), ['Escrita sin servidor.', 'Léame.']);
  assert.equal(Date.parse((await eventOf(moved)).start), Date.parse(at('16:00')));
  assert.equal((await eventOf(finished)).state, 'CONFIRMED');
  assert.deepEqual((await eventsCalled('Hecho sin red')).map(({ start }) => Date.parse(start)), [Date.parse(at('18:00'))]);
  const { notifications } = await asks(app.url, '{ notifications(first: 20) { nodes { readAt entry { text } } } }', {}, ana);
  assert.ok(notifications.nodes.find(({ entry }) => entry?.text === 'Léame.').readAt);
});

test('an answer that is lost is asked for again: it was done once', async (t) => {
  const event = await make('Con respuesta perdida', '09:00', '10:00');
  const page = await app.signedIn(t, { path: agenda });
  await chip(page, 'Con respuesta perdida').waitFor();
  let tries = 0;
  await page.route('**/graphql', async (route) => {
    if (!/agendaEvent(Reschedule|Create)/.test(route.request().postData()) || (tries += 1) > 2) return route.continue();
    await route.fetch();
    return route.abort();
  });
  await carryTo(page, 'Con respuesta perdida', 13);
  await unsent(page).waitFor();
  await unsent(page).waitFor({ state: 'detached', timeout: 30_000 });
  assert.ok(tries > 2);
  const { start, version } = await eventOf(event);
  assert.equal(Date.parse(start), Date.parse(at('13:00')));
  assert.equal(version, event.version + 1);
});

test('what is refused later is told, with what the person wanted and what to do', async (t) => {
  const event = await make('Lo quieren dos', '09:00', '10:00');
  const page = await app.signedIn(t, { path: agenda });
  await chip(page, 'Lo quieren dos').waitFor();
  await page.context().setOffline(true);
  // While somebody waits before the screen for the answer, a refusal is told there.
  const tried = page.waitForEvent('requestfailed', (request) => request.postData()?.includes('agendaEventReschedule'));
  await carryTo(page, 'Lo quieren dos', 12);
  await tried;
  await unsent(page).filter({ hasText: '1 cambio por enviar' }).waitFor();
  await reschedule(event, '14:00', '15:00', sofia);
  await page.context().setOffline(false);
  await unsent(page).filter({ hasText: '1 cambio no se aplicó' }).click();
  const one = page.getByRole('dialog', { name: 'Sin enviar' }).getByRole('listitem');
  await one.getByText('Otra persona lo cambió mientras tanto. Así está ahora:').waitFor();
  await one.getByText(/^Inicio:.*14:00.*12:00/).waitFor();
  await one.getByText(/hágalo de nuevo/).waitFor();
  await assertAccessible(page, 'refused');
  await one.getByRole('link', { name: 'Lo quieren dos' }).waitFor();
  await one.getByRole('button', { name: /^Descartar cambio/ }).click();
  await unsent(page).waitFor({ state: 'detached' });
  await page.keyboard.press('Escape');
  await reaches(chip(page, 'Lo quieren dos'), true, async (part) => (await part.textContent()).includes('14:00'));
  assert.equal(Date.parse((await eventOf(event)).start), Date.parse(at('14:00')));
});

test('what one tab could not send, another tab sends', async (t) => {
  const client = await newClient(app.url, ana);
  const page = await app.signedIn(t);
  await openClient(page, client);
  await page.context().setOffline(true);
  await write(page, 'De una pestaña cerrada.');
  await unsent(page).filter({ hasText: '1 cambio por enviar' }).waitFor();
  const other = await page.context().newPage();
  await page.close();
  await page.context().setOffline(false);
  await other.goto(`${app.url}/clients`);
  await reaches(client, ['De una pestaña cerrada.'], notesOf);
  await unsent(other).waitFor({ state: 'detached' });
});

test('a server that hangs is taken for one that is away', async (t) => {
  const client = await newClient(app.url, ana);
  const page = await app.signedIn(t);
  await openClient(page, client);
  await reaches(page, true, async () => (await keptHere(page)).includes(client.name));
  await page.goto(`${app.url}/clients`);
  await page.route('**/graphql', () => {});
  await page.goto(`${app.url}/clients/${client.id}`);
  await page.getByRole('heading', { level: 1, name: client.name }).waitFor({ timeout: 25_000 });
  await asOf(page).waitFor();
});

test('logging out asks about what is unsent, and leaves nothing for the next person', async (t) => {
  const client = await newClient(app.url, ana, { name: `Aa Reservada ${process.pid}` });
  const page = await app.signedIn(t, withWorker);
  await ready(page);
  await openClient(page, client);
  await page.context().setOffline(true);
  await write(page, 'Se va a perder.');
  await unsent(page).waitFor();
  assert.match(await keptHere(page), /Reservada/);
  await page.getByRole('button', { name: 'Salir', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Hay cambios sin enviar' });
  await dialog.getByText(/se perdería 1 cambio sin enviar/).waitFor();
  await dialog.getByText('Cancelar').click();
  await unsent(page).waitFor();
  await page.getByRole('button', { name: 'Salir', exact: true }).click();
  await dialog.getByRole('button', { name: 'Salir y descartarlos' }).click();
  await page.getByRole('button', { name: 'Entrar' }).waitFor();
  await reaches(page, false, async () => /Reservada|perder/.test(await keptHere(page)));
  // Also without a network.
  await page.goto(`${app.url}/clients`);
  await page.getByRole('button', { name: 'Entrar' }).waitFor();

  await page.context().setOffline(false);
  await logIn(page, { as: 'carla@demo.test' });
  await page.getByRole('heading', { name: 'Clientes', exact: true }).waitFor();
  await page.context().setOffline(true);
  await page.goto(`${app.url}/clients/${client.id}`);
  await page.getByText('No hay conexión con el servidor.').first().waitFor();
  assert.equal(await page.getByText('Reservada').count(), 0);
  assert.deepEqual(await notesOf(client), []);
});

test('a session that ends by itself keeps what is unsent for the same person', async (t) => {
  const client = await newClient(app.url, ana);
  const page = await app.signedIn(t);
  await openClient(page, client);
  await page.context().setOffline(true);
  await write(page, 'Antes de que terminara la sesión.');
  await unsent(page).waitFor();
  await asks(app.url, 'mutation { sessionRevoke(input: { everywhere: true }) { revokedSessionIds } }', {}, ana);
  ana = await tokenOf(app.url, 'ana@demo.test');
  await page.context().setOffline(false);
  await page.getByText('Su sesión terminó. Inicie sesión de nuevo.').waitFor();
  assert.doesNotMatch(await keptHere(page), new RegExp(`"data".*${client.name}`));
  await logIn(page, { as: 'carla@demo.test' });
  assert.equal(await unsent(page).count(), 0);
  await page.getByRole('button', { name: 'Salir', exact: true }).click();
  await logIn(page);
  await reaches(client, ['Antes de que terminara la sesión.'], notesOf);
});

test('when the server ends a session, no tab loses what is unsent', async (t) => {
  const client = await newClient(app.url, ana);
  const page = await app.signedIn(t);
  const tabs = await tabsOf(page, client, 3);
  await page.context().setOffline(true);
  for (const [at, tab] of tabs.entries()) await write(tab, `De la pestaña ${at}.`);
  for (const tab of tabs) await unsent(tab).filter({ hasText: '3 cambios por enviar' }).waitFor();
  await asks(app.url, 'mutation { sessionRevoke(input: { everywhere: true }) { revokedSessionIds } }', {}, ana);
  ana = await tokenOf(app.url, 'ana@demo.test');
  await page.context().setOffline(false);
  for (const tab of tabs) await tab.getByText('Su sesión terminó. Inicie sesión de nuevo.').waitFor();
  // Also after a reload it says why, and what a colleague does on the same device touches nothing of it.
  await page.reload();
  await page.getByText('Su sesión terminó. Inicie sesión de nuevo.').waitFor();
  await logIn(page, { as: 'carla@demo.test' });
  assert.equal(await unsent(page).count(), 0);
  await page.getByRole('button', { name: 'Salir', exact: true }).click();
  await logIn(page);
  for (const tab of tabs) await tab.getByRole('button', { name: 'Salir', exact: true }).waitFor();
  await reaches(client, ['De la pestaña 0.', 'De la pestaña 1.', 'De la pestaña 2.'], async (one) => (await notesOf(one)).sort());
  for (const tab of tabs) await unsent(tab).waitFor({ state: 'detached' });
});

test('what a person may not see any more is not kept', async (t) => {
  const client = await newClient(app.url, ana);
  const page = await app.signedIn(t);
  await openClient(page, client);
  await reaches(page, true, async () => (await keptHere(page)).includes(client.name));
  const admin = await tokenOf(app.url, 'admin@demo.test');
  const { users } = await asks(app.url, '{ users(first: 100) { nodes { id email } } }', {}, admin);
  const carla = users.nodes.find(({ email }) => email === 'carla@demo.test');
  await asks(
    app.url,
    'mutation ($input: ClientReassignInput!) { clientReassign(input: $input) { userErrors { code } } }',
    { input: { id: client.id, expectedVersion: client.version, advisorId: carla.id } },
    admin,
  );
  await page.getByText('Este cliente no existe o usted no tiene acceso.').waitFor();
  await reaches(page, false, async () => (await keptHere(page)).includes(client.name));
});
