import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asks, logIn, tokenOf, useApp } from './support/app.mjs';

const app = useApp();
const clients = (page) => page.getByRole('heading', { name: 'Clientes', exact: true });
const stored = (page) => page.evaluate(() => JSON.parse(localStorage.getItem('cabina.session')));

test('a wrong password is told, and lets nobody in', async (t) => {
  const page = await app.open(t);
  await logIn(page, { password: 'wrong' });
  await page.getByText('El correo o la contraseña no son correctos.').waitFor();
  assert.equal(await clients(page).count(), 0);
  assert.equal(await stored(page), null);
});

test('Ana logs in and sees her clients', async (t) => {
  const page = await app.signedIn(t);
  const links = page.getByRole('region', { name: 'Todos los clientes' }).getByRole('link');
  await links.first().waitFor();
  assert.equal(await links.count(), 25);
  await page.getByRole('button', { name: 'Cargar más' }).click();
  await links.nth(25).waitFor();
  assert.equal(await links.nth(25).evaluate((link) => link === document.activeElement), true);
});

test('a reload keeps the session, and the access token is stored nowhere', async (t) => {
  const page = await app.signedIn(t);
  const before = await stored(page);
  await page.reload();
  await clients(page).waitFor();
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
  assert.doesNotMatch(kept, /accessToken|eyJ/);
  assert.notEqual((await stored(page)).refreshToken, before.refreshToken);
});

test('a token that the server no longer takes is refreshed unnoticed', async (t) => {
  const page = await app.signedIn(t);
  let spoilt = 0;
  await page.route('**/graphql', (route) => {
    const request = route.request();
    if (spoilt > 0 || !request.postData().includes('clientSearch')) return route.continue();
    spoilt += 1;
    return route.continue({ headers: { ...request.headers(), authorization: 'Bearer spoilt' } });
  });
  await page.getByLabel('Buscar un cliente').fill('gonzalez');
  await page.getByRole('option').first().waitFor();
  assert.equal(spoilt, 1);
});

test('tabs that refresh at once do not end the session', async (t) => {
  const page = await app.signedIn(t);
  const others = await Promise.all([1, 2, 3].map(() => page.context().newPage()));
  await Promise.all([page.reload(), ...others.map((other) => other.goto(`${app.url}/clients`))]);
  await Promise.all([page, ...others].map((each) => clients(each).waitFor()));
});

test('a refresh whose answer is lost works the second time', async (t) => {
  const page = await app.signedIn(t);
  let lost = 0;
  await page.route('**/graphql', async (route) => {
    if (lost > 0 || !route.request().postData().includes('sessionRefresh')) return route.continue();
    lost += 1;
    await route.fetch();
    return route.abort();
  });
  await page.reload();
  await page.getByRole('region', { name: 'Todos los clientes' }).getByRole('link').first().waitFor();
  assert.equal(lost, 1);
  // Who it is was not kept: somebody has to say when to try again.
  lost = 0;
  await page.evaluate(() => {
    const { viewer: _, ...session } = JSON.parse(localStorage.getItem('cabina.session'));
    localStorage.setItem('cabina.session', JSON.stringify(session));
  });
  await page.reload();
  await page.getByText('No hay conexión con el servidor.').waitFor();
  await page.getByRole('button', { name: 'Reintentar' }).click();
  await clients(page).waitFor();
  assert.equal(lost, 1);
});

test('a session that was ended elsewhere asks at once to log in again', async (t) => {
  const page = await app.signedIn(t);
  const token = await tokenOf(app.url, 'ana@demo.test');
  await asks(
    app.url,
    'mutation { sessionRevoke(input: { everywhere: true }) { revokedSessionIds } }',
    {},
    token,
  );
  await page.getByText('Su sesión terminó. Inicie sesión de nuevo.').waitFor();
  await logIn(page);
});

test('logging out ends the session in every tab and on the server', async (t) => {
  const page = await app.signedIn(t);
  const other = await page.context().newPage();
  await other.goto(`${app.url}/clients`);
  await clients(other).waitFor();
  const { refreshToken } = await stored(page);
  const revoked = page.waitForResponse((response) => response.request().postData()?.includes('sessionRevoke'));
  await page.getByRole('button', { name: 'Salir' }).click();
  await page.getByRole('button', { name: 'Entrar' }).waitFor();
  await other.getByRole('button', { name: 'Entrar' }).waitFor();
  assert.equal((await (await revoked).json()).data.sessionRevoke.revokedSessionIds.length, 1);
  await page.reload();
  await page.getByRole('button', { name: 'Entrar' }).waitFor();
  const { sessionRefresh } = await asks(
    app.url,
    'mutation ($input: SessionRefreshInput!) { sessionRefresh(input: $input) { viewer { id } userErrors { code } } }',
    { input: { refreshToken } },
  );
  assert.deepEqual(sessionRefresh, { viewer: null, userErrors: [{ code: 'INVALID_REFRESH_TOKEN' }] });
});
