// npm's graphql-ws as it comes: it connects again by itself, five times unless told, with a fresh token each time.
import { createClient } from 'graphql-ws';
import { codesOf } from '../support/stories.mjs';
import { resuming } from './resuming.mjs';

// Node has one since version 22; browsers have one.
globalThis.WebSocket ??= (await import('ws')).default;

export function socketClient({ socketUrl, token, lost = () => {} }, options = {}) {
  return createClient({
    url: socketUrl,
    connectionParams: async () => ({ authorization: `Bearer ${await token()}` }),
    ...options,
    on: { ...options.on, closed: ({ code }) => lost(code) },
  });
}

/** Closes a client, also one that just waits for its next attempt (it throws then). */
export const leave = (client) => void Promise.resolve(client.dispose()).catch(() => {});

export function open(settings, options) {
  const client = socketClient(settings, options);
  const { subscribe } = resuming(client);
  const streams = [];
  return {
    follow(query, variables, { item, failed }) {
      const end = subscribe({ query, variables }, {
        next: ({ data, errors }) => (errors ? failed(codesOf(errors)) : item(Object.values(data)[0])),
        // Errors of the document are a list; anything else is the connection's.
        error: (error) => failed(Array.isArray(error) ? codesOf(error) : [error.code ?? String(error)]),
        complete: () => {},
      });
      streams.push(end);
    },
    close() {
      streams.forEach((end) => end());
      leave(client);
    },
  };
}
