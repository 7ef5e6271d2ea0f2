// The server that CABINA_BIN names, on a database of its own, which can be killed and started again.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export async function makeServer() {
  const { CABINA_BIN, PATH } = process.env;
  assert.ok(CABINA_BIN, 'CABINA_BIN must name the server program');
  const folder = await mkdtemp(join(tmpdir(), 'cabina-stock-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const log = join(folder, 'log');
  let running;

  async function start() {
    const output = openSync(log, 'a');
    running = spawn(CABINA_BIN, ['serve', '--demo', '--without-odoo'], {
      cwd: folder,
      env: {
        PATH,
        CABINA_LISTEN: `127.0.0.1:${port}`,
        // So short that its end is announced on every socket from the start: stock clients have to bear that.
        CABINA_ACCESS_TTL: '60',
        CABINA_WEB_DIR: folder,
        NO_COLOR: '1',
        DATABASE_URL: `sqlite://${folder}/t.db`,
      },
      stdio: ['ignore', 'ignore', output],
    });
    closeSync(output);
    for (let tries = 0; tries < 300 && running.exitCode === null; tries += 1) {
      const ready = await fetch(`${url}/health/ready`).catch(() => null);
      if (ready?.status === 200) return;
      await sleep(100);
    }
    throw new Error('the server stopped while starting, or was not ready within 30 seconds');
  }

  async function end(signal) {
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const gone = once(running, 'exit');
    running.kill(signal);
    await gone;
  }

  /** Ends it; after a failure its log is shown and the folder stays. */
  async function stop(failed) {
    await end('SIGTERM');
    if (!failed) return rm(folder, { recursive: true, force: true });
    console.error(`${readFileSync(log, 'utf8').split('\n').slice(-40).join('\n')}\nAll of it is in ${folder}`);
  }

  return { url, port, start, kill: () => end('SIGKILL'), stop };
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}
