// The official audits of GraphQL over HTTP, the recommended and optional ones included, against a running server.
// CABINA_BIN names the program.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { serverAudits } from 'graphql-http';

let url, server, folder;

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

before(async () => {
  const { CABINA_BIN } = process.env;
  assert.ok(CABINA_BIN, 'CABINA_BIN must name the server program');
  folder = await mkdtemp(join(tmpdir(), 'cabina-audit-'));
  const address = `127.0.0.1:${await freePort()}`;
  url = `http://${address}/graphql`;
  server = spawn(CABINA_BIN, ['serve', '--demo', '--without-odoo'], {
    cwd: folder,
    env: { PATH: process.env.PATH, CABINA_LISTEN: address, CABINA_LOG: 'error', DATABASE_URL: `sqlite://${folder}/t.db` },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  for (let tries = 0; tries < 300; tries += 1) {
    assert.equal(server.exitCode, null, 'the server stopped while starting');
    const ready = await fetch(`http://${address}/health/ready`).catch(() => null);
    if (ready?.status === 200) return;
    await sleep(100);
  }
  assert.fail('the server was not ready within 30 seconds');
});

after(async () => {
  if (server && server.exitCode === null) {
    server.kill('SIGTERM');
    await once(server, 'exit');
  }
  await rm(folder, { recursive: true, force: true });
});

// The address is known only once the server runs; until then the audits serve for their names.
for (const { id, name } of serverAudits({ url: 'http://127.0.0.1/graphql' })) {
  test(`${id} ${name}`, async () => {
    const result = await serverAudits({ url }).find((audit) => audit.id === id).fn();
    assert.equal(result.status, 'ok', result.reason);
  });
}
