// In Odoo's place: as much of JSON-2 as is needed to take partners, to show them, and to refuse them.
import { once } from 'node:events';
import { createServer } from 'node:http';

const values = { '': false, True: true, False: false };

export async function startOdoo() {
  const partners = [];
  const keys = [];
  /** The place of a row of `load`, which names its partner by a key of its own or by the id. */
  const placeOf = (key) => {
    if (/^\d+$/.test(key)) return Number(key) - 1;
    if (!keys.includes(key)) keys.push(key);
    return keys.indexOf(key);
  };
  const odoo = {
    url: '',
    has: (name) => partners.some((partner) => partner.name === name),
    /** Why a partner with this name is refused; nothing: it is taken. */
    refuses: () => undefined,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  const answers = {
    context_get: () => ({ uid: 2 }),
    load: ({ fields, data }) => {
      const names = fields.map((field) => field.split('/')[0]);
      const rows = data.map((row) => Object.fromEntries(row.map((cell, at) => [names[at], values[cell] ?? cell])));
      const messages = rows
        .map(({ name }, record) => ({ type: 'error', record, field: 'name', message: odoo.refuses(name) }))
        .filter(({ message }) => message);
      if (messages.length > 0) return { ids: false, messages };
      const places = data.map(([key]) => placeOf(key));
      places.forEach((place, row) => (partners[place] = { ...rows[row], id: place + 1 }));
      return { ids: places.map((place) => place + 1), messages: [] };
    },
    read: ({ ids }) => ids.flatMap((id) => partners[id - 1] ?? []),
  };
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    const answer = answers[request.url.split('/').at(-1)] ?? (() => []);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer(JSON.parse(body || '{}'))));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  odoo.url = `http://127.0.0.1:${server.address().port}`;
  return odoo;
}
