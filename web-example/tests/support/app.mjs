// A server, a browser and what people do with them.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { startBrowser } from './browser.mjs';
import { makeWebServer } from './server.mjs';

/** One server with these variables and one browser for the tests of a file; each test opens its own pages. */
export function useApp(prepare = async () => {}, variables = () => ({})) {
  const app = { url: '', browser: null, server: null, open, signedIn };

  before(async () => {
    app.server = await makeWebServer(await variables());
    app.url = app.server.url;
    await app.server.start();
    app.browser = await startBrowser();
    await prepare();
  });
  after(async () => {
    await app.browser?.close();
    await app.server?.stop();
  });

  /**
   * A page of a new visitor. Errors that nobody would see fail the test. Tests intercept the requests of a page, where a
   * service worker would stand too, so there is none unless asked for.
   */
  async function open(t, { path = '/clients', ...options } = {}) {
    const context = await app.browser.newContext({
      viewport: { width: 1280, height: 800 },
      serviceWorkers: 'block',
      ...options,
    });
    context.setDefaultTimeout(10_000);
    const page = await context.newPage();
    const errors = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (line) => line.text().includes('Content Security Policy') && errors.push(line.text()));
    t.after(async () => {
      await context.close();
      assert.deepEqual(errors, []);
    });
    await page.goto(`${app.url}${path}`);
    return page;
  }

  async function signedIn(t, { as, ...options } = {}) {
    const page = await open(t, options);
    await logIn(page, { as });
    return page;
  }

  return app;
}

export async function logIn(page, { as = 'ana@demo.test', password = 'demo' } = {}) {
  await page.getByLabel('Correo electrónico').fill(as);
  await page.getByLabel('Contraseña', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Entrar' }).click();
  if (password === 'demo') await page.getByRole('button', { name: 'Salir' }).waitFor();
}

/** Asks the server directly, to see what is really stored. */
export async function asks(url, query, variables, token) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

export async function tokenOf(url, email) {
  const { sessionCreate } = await asks(
    url,
    `mutation ($input: SessionCreateInput!) { sessionCreate(input: $input) { session { accessToken } } }`,
    { input: { email, password: 'demo' } },
  );
  return sessionCreate.session.accessToken;
}

/** Waits until a part of the screen reads as expected; by default, its label is read. */
export async function reaches(part, expected, read = (each) => each.getAttribute('aria-label')) {
  for (let tries = 0; ; tries += 1) {
    const found = await read(part);
    if (isDeepStrictEqual(found, expected)) return;
    if (tries === 100) assert.deepEqual(found, expected);
    await sleep(100);
  }
}

let made = 0;

/** A client of Ana's that no other test touches. */
export async function newClient(url, token, input = {}) {
  made += 1;
  const { markets } = await asks(url, '{ markets { key } }', {}, token);
  const { clientCreate } = await asks(
    url,
    `mutation ($input: ClientCreateInput!) {
      clientCreate(input: $input) { client { id name version } userErrors { code message } }
    }`,
    {
      input: {
        kind: 'PERSON', market: markets[0].key, name: `Prueba Número ${process.pid}-${made}`,
        email: `prueba-${process.pid}-${made}@example.test`, allowDuplicate: true, ...input,
      },
    },
    token,
  );
  assert.deepEqual(clientCreate.userErrors, []);
  return clientCreate.client;
}

export async function historyOf(url, token, id) {
  const { client } = await asks(
    url,
    'query ($id: ID!) { client(id: $id) { eventLog(first: 100) { nodes { kind text } } } }',
    { id },
    token,
  );
  return client.eventLog.nodes;
}
