import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asks, newClient, reaches, tokenOf, useApp } from './support/app.mjs';

let admin, ana, sofia;
const app = useApp(async () => {
  admin = await tokenOf(app.url, 'admin@demo.test');
  ana = await tokenOf(app.url, 'ana@demo.test');
  sofia = await tokenOf(app.url, 'sofia@demo.test');
});

const home = { path: '/' };
const figures = async (token) => {
  const query = '{ clientSummary { clients byStatus { status count } openActivities overdueActivities } }';
  return (await asks(app.url, query, {}, token)).clientSummary;
};
const tile = (page, name) => page.getByRole('list', { name: 'Cifras' }).getByRole('listitem').filter({ hasText: name });
const bar = (page, name) => page.getByRole('region', { name: 'Clientes por estado' }).getByRole('listitem').filter({ hasText: name });
const number = async (item) => Number((await item.textContent()).match(/\d+/)[0]);
const shows = (item, count) => reaches(item, count, number);
const names = { PROSPECT: 'Prospecto', ACTIVE: 'Activo', INACTIVE: 'Inactivo', BLOCKED: 'Bloqueado' };

async function showsAll(page, { clients, byStatus, openActivities, overdueActivities }) {
  await shows(tile(page, 'Clientes'), clients);
  await shows(tile(page, 'Actividades pendientes'), openActivities);
  await shows(tile(page, 'Actividades vencidas'), overdueActivities);
  for (const { status, count } of byStatus) await shows(bar(page, new RegExp(`^${names[status]}`)), count);
}
const live = (page) => page.getByText('En vivo', { exact: true }).waitFor();

for (const [as, scope] of [
  ['ana', 'Sus clientes y los de su equipo que aún no tienen asesor'],
  ['sofia', 'Los clientes de su equipo Norte'],
  ['admin', 'Los clientes de todos los equipos'],
]) {
  test(`${as} sees the figures of what ${as} may see, and whose they are`, async (t) => {
    const page = await app.signedIn(t, { ...home, as: `${as}@demo.test` });
    await page.getByText(scope, { exact: true }).waitFor();
    await live(page);
    await showsAll(page, await figures({ admin, ana, sofia }[as]));
  });
}

test('the figures move when somebody else creates a client, and when an activity is completed', async (t) => {
  const before = await figures(sofia);
  const page = await app.signedIn(t, { ...home, as: 'sofia@demo.test' });
  await showsAll(page, before);
  let loads = 0;
  page.on('load', () => (loads += 1));
  const client = await newClient(app.url, ana);
  await shows(tile(page, 'Clientes'), before.clients + 1);
  await shows(bar(page, /^Prospecto/), before.byStatus.find(({ status }) => status === 'PROSPECT').count + 1);

  const { activityCreate } = await asks(
    app.url,
    'mutation ($input: ActivityCreateInput!) { activityCreate(input: $input) { activity { id version } userErrors { code } } }',
    { input: { clientId: client.id, kind: 'CALL', title: 'Llamar', dueAt: '2020-01-02T03:04:05Z' } },
    ana,
  );
  assert.deepEqual(activityCreate.userErrors, []);
  await shows(tile(page, 'Actividades pendientes'), before.openActivities + 1);
  await shows(tile(page, 'Actividades vencidas'), before.overdueActivities + 1);
  const { id, version } = activityCreate.activity;
  const { activityComplete } = await asks(
    app.url,
    'mutation ($input: ActivityTransitionInput!) { activityComplete(input: $input) { userErrors { code } } }',
    { input: { id, expectedVersion: version } },
    ana,
  );
  assert.deepEqual(activityComplete.userErrors, []);
  await shows(tile(page, 'Actividades pendientes'), before.openActivities);
  await shows(tile(page, 'Actividades vencidas'), before.overdueActivities);
  assert.equal(loads, 0);
});

test('a role given by the admin changes the screen without a reload, the edited name too', async (t) => {
  const page = await app.signedIn(t, { ...home, as: 'beto@demo.test' });
  await page.getByText('Sus clientes y los de su equipo que aún no tienen asesor', { exact: true }).waitFor();
  await showsAll(page, await figures(await tokenOf(app.url, 'beto@demo.test')));
  let loads = 0;
  page.on('load', () => (loads += 1));
  const { users } = await asks(app.url, '{ users(first: 50) { nodes { id name version } } }', {}, admin);
  const { id, version } = users.nodes.find(({ name }) => name === 'Beto Villalobos');
  const update = async (input) => {
    const { userUpdate } = await asks(
      app.url,
      'mutation ($input: UserUpdateInput!) { userUpdate(input: $input) { user { version } userErrors { code } } }',
      { input: { id, ...input } },
      admin,
    );
    assert.deepEqual(userUpdate.userErrors, []);
    return userUpdate.user.version;
  };
  const now = await update({ expectedVersion: version, role: 'SUPERVISOR' });
  const banner = page.getByRole('banner').first();
  await banner.getByText('Supervisor', { exact: true }).waitFor();
  await page.getByText('Los clientes de su equipo Norte', { exact: true }).waitFor();
  await showsAll(page, await figures(sofia));

  // An open list is fetched again, and shows only what the new role may see.
  await page.getByRole('link', { name: 'Clientes', exact: true }).click();
  const list = page.getByRole('region', { name: 'Todos los clientes' });
  const theirs = list.getByRole('link').filter({ hasText: 'Ana Belén Cisneros' });
  await theirs.first().waitFor();
  const after = await update({ expectedVersion: now, role: 'ADVISOR' });
  await banner.getByText('Asesor', { exact: true }).waitFor();
  await reaches(theirs, 0, (all) => all.count());
  await list.getByRole('link').first().waitFor();
  await update({ expectedVersion: after, name: 'Roberto Villalobos' });
  await banner.getByText('Roberto Villalobos').waitFor();
  assert.equal(loads, 0);
});

test('without a connection the figures stay and say so, and are right again when it is back', async (t) => {
  const before = await figures(ana);
  const page = await app.signedIn(t, home);
  const sockets = [];
  await page.routeWebSocket('**/graphql/ws', (socket) => {
    sockets.push(socket);
    socket.connectToServer();
  });
  await page.reload();
  await live(page);
  await page.context().setOffline(true);
  for (const socket of sockets) await socket.close({ code: 3000 });
  await page.getByRole('main').getByText('Reconectando…').waitFor();
  await page.getByText(/^Datos de: /).waitFor();
  await newClient(app.url, ana);
  assert.equal(await number(tile(page, 'Clientes')), before.clients);
  await page.context().setOffline(false);
  await shows(tile(page, 'Clientes'), before.clients + 1);
  await live(page);
});
