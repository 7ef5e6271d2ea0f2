// The official audits of GraphQL over HTTP, including the recommended and optional ones, against a running server.
// CABINA_BIN names the program.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { serverAudits } from 'graphql-http';
import { makeServer } from '../support-node/server.mjs';

let server;

before(async () => {
  server = await makeServer();
  await server.start();
});
after(() => server?.stop());

// The address is known only once the server runs; until then the audits serve for their names.
for (const { id, name } of serverAudits({ url: 'http://127.0.0.1/graphql' })) {
  test(`${id} ${name}`, async () => {
    const audits = serverAudits({ url: `${server.url}/graphql` });
    const result = await audits.find((audit) => audit.id === id).fn();
    assert.equal(result.status, 'ok', result.reason);
  });
}
