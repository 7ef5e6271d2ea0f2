// Starts the server that CABINA_BIN names, with demo data on a database of its own, for the suites that run in Node.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A server that is yet to be started, at an address and with data that it keeps when it is started again. What goes wrong
 * in it is printed; with `keepsLog`, it writes a whole log instead, whose end is printed when the tests failed.
 */
export async function makeServer({ variables = {}, keepsLog = false } = {}) {
  const { CABINA_BIN, PATH } = process.env;
  assert.ok(CABINA_BIN, 'CABINA_BIN must name the server program');
  const folder = await mkdtemp(join(tmpdir(), 'cabina-test-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const log = join(folder, 'log');
  let running;

  async function start() {
    const output = keepsLog ? openSync(log, 'a') : 'inherit';
    running = spawn(CABINA_BIN, ['serve', '--demo', '--without-odoo'], {
      cwd: folder,
      env: {
        PATH,
        CABINA_LISTEN: `127.0.0.1:${port}`,
        DATABASE_URL: `sqlite://${folder}/t.db`,
        NO_COLOR: '1',
        ...(!keepsLog && { CABINA_LOG: 'error' }),
        ...variables,
      },
      stdio: ['ignore', 'ignore', output],
    });
    if (keepsLog) closeSync(output);
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

  /** Ends it for good, and removes what it wrote, except a log after a failure. */
  async function stop(failed = false) {
    await end('SIGTERM');
    if (!failed || !keepsLog) return rm(folder, { recursive: true, force: true });
    console.error(`${readFileSync(log, 'utf8').split('\n').slice(-40).join('\n')}\nAll of it is in ${folder}`);
  }

  return { url, port, start, halt: () => end('SIGTERM'), kill: () => end('SIGKILL'), stop };
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}
