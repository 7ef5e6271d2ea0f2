// Starts the server that CABINA_BIN names, with demo data and the built web example, on a free port.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const dist = join(root, 'dist');

export async function startServer(env = {}) {
  const { CABINA_BIN, PATH } = process.env;
  assert.ok(CABINA_BIN, 'CABINA_BIN must name the server program');
  buildWhenStale();
  const folder = await mkdtemp(join(tmpdir(), 'cabina-web-'));
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}`;
  let server;
  const halt = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    server.kill('SIGTERM');
    await once(server, 'exit');
  };
  const stop = async () => {
    await halt();
    await rm(folder, { recursive: true, force: true });
  };
  /** Starts it, or starts it again with the same data at the same address. */
  const run = async () => {
    server = spawn(CABINA_BIN, ['serve', '--demo', '--without-odoo'], {
      cwd: folder,
      env: {
        PATH,
        CABINA_LISTEN: address,
        CABINA_LOG: 'error',
        CABINA_WEB_DIR: dist,
        DATABASE_URL: `sqlite://${folder}/t.db`,
        ...env,
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    for (let tries = 0; tries < 300 && server.exitCode === null; tries += 1) {
      const ready = await fetch(`${url}/health/ready`).catch(() => null);
      if (ready?.status === 200) return;
      await sleep(100);
    }
    await stop();
    throw new Error('the server stopped while starting, or was not ready within 30 seconds');
  };
  await run();
  return { url, halt, run, stop };
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

function buildWhenStale() {
  const built = join(dist, 'index.html');
  const sources = ['index.html', 'graphiql.html', 'package-lock.json', 'vite.config.ts', '../schema.graphql']
    .concat(['src', 'public', 'scripts'].flatMap(filesUnder));
  const latest = Math.max(...sources.map((path) => statSync(join(root, path)).mtimeMs));
  if (existsSync(built) && statSync(built).mtimeMs >= latest) return;
  execFileSync('npm', ['run', 'build'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
}

const filesUnder = (folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
