// Three tabs that are offline while their token ends: nobody is signed out, and every note arrives once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { historyOf, newClient, reaches, tokenOf, useApp } from './support/app.mjs';

const LIFE = 5; // of an access token, in seconds
const ROUNDS = 10;

let ana;
const app = useApp(
  async () => {
    ana = await tokenOf(app.url, 'ana@demo.test');
  },
  () => ({ CABINA_ACCESS_TTL: String(LIFE) }),
);

const unsent = (tab) => tab.getByRole('button', { name: /por enviar|no se hizo|no se hicieron/ });
const notesOf = async (client) => {
  ana = await tokenOf(app.url, 'ana@demo.test'); // the test's own token ends as well
  const history = await historyOf(app.url, ana, client.id);
  return history.filter(({ kind }) => kind === 'NOTE').map(({ text }) => text).sort();
};

/** The first answer of the server to a refresh from this tab does not come back. */
async function losesAnswer(tab) {
  let lost = false;
  await tab.route('**/graphql', async (route) => {
    if (lost || !route.request().postData()?.includes('sessionRefresh')) return route.continue();
    lost = true;
    await route.fetch().catch(() => {});
    return route.abort();
  });
}

test(`three tabs, offline while their token ends, ${ROUNDS} times`, { timeout: 600_000 }, async (t) => {
  const client = await newClient(app.url, ana);
  const first = await app.signedIn(t, { path: `/clients/${client.id}` });
  const context = first.context();
  const tabs = [first, await context.newPage(), await context.newPage()];
  const signedOut = [];
  for (const [at, tab] of tabs.entries()) {
    await tab.goto(`${app.url}/clients/${client.id}`);
    await tab.getByRole('heading', { level: 1, name: client.name }).waitFor();
    await tab.exposeFunction('sawLogIn', () => signedOut.push(at));
    await tab.evaluate(() => {
      new MutationObserver(() => document.querySelector('input[name=password]') && sawLogIn())
        .observe(document.body, { childList: true, subtree: true });
    });
  }
  const written = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    if (round % 2 === 0) await losesAnswer(tabs[round % 3]);
    await context.setOffline(true);
    for (const [at, tab] of tabs.entries()) {
      const text = `Vuelta ${round}, pestaña ${at}.`;
      await tab.getByLabel('Texto').fill(text);
      await tab.getByRole('button', { name: 'Añadir', exact: true }).click();
      written.push(text);
    }
    for (const tab of tabs) await unsent(tab).filter({ hasText: '3 cambios por enviar' }).waitFor();
    await sleep(LIFE * 1000); // whenever the token was given, its life is over
    await context.setOffline(false);
    for (const tab of tabs) await unsent(tab).waitFor({ state: 'detached', timeout: 60_000 });
    await Promise.all(tabs.map((tab) => tab.unroute('**/graphql')));
    for (const tab of tabs) await tab.getByRole('button', { name: 'Salir', exact: true }).waitFor();
    await reaches(client, [...written].sort(), notesOf);
    assert.deepEqual(signedOut, [], `round ${round}`);
  }
});

test('who logs out while nothing answers is out at once', async (t) => {
  const page = await app.signedIn(t);
  let refreshes = 0;
  await page.route('**/graphql', (route) => {
    if (route.request().postData()?.includes('sessionRefresh')) refreshes += 1;
    // Nobody answers, and nobody says that there is no network.
  });
  await sleep(LIFE * 1000);
  await page.getByRole('button', { name: 'Salir', exact: true }).click();
  await page.getByRole('button', { name: 'Entrar' }).waitFor({ timeout: 3000 });
  assert.equal(await page.evaluate(() => localStorage.getItem('cabina.session')), null);
  assert.ok(refreshes > 0, 'its token was at its end');
});
