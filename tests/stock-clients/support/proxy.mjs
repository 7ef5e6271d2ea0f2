// The network between a client and the server: it can go away and come back.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

export async function makeProxy(port) {
  const open = new Set();
  const waiting = [];
  let away = false;
  const proxy = { port: 0, connections: 0, hold, cut, mend, close };

  const server = createServer((near) => {
    keep(near);
    if (away) waiting.push(near);
    else forward(near);
  });

  function keep(socket) {
    open.add(socket);
    socket.on('error', () => {}); // its 'close' follows
    socket.on('close', () => open.delete(socket));
  }

  function forward(near) {
    if (near.destroyed) return;
    proxy.connections += 1;
    const far = connect(port, '127.0.0.1');
    keep(far);
    near.pipe(far).pipe(near);
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  }

  /** From now on nobody gets through; who asks waits. */
  function hold() {
    away = true;
  }

  /** The same, and who is connected is cut off. */
  function cut() {
    hold();
    for (const socket of open) socket.destroy();
  }

  function mend() {
    away = false;
    waiting.splice(0).forEach(forward);
  }

  async function close() {
    cut();
    server.close();
    await once(server, 'close');
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy.port = server.address().port;
  return proxy;
}
