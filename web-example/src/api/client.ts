import { authExchange } from '@urql/exchange-auth';
import { cacheExchange, Client, type Exchange, fetchExchange, mapExchange } from 'urql';
import { bearer, nearsItsEnd, refresh } from '../session/session';

/** How long to wait, in milliseconds, before the server counts as unreachable. */
const PATIENCE = 8000;

/**
 * The urql client of one session. Each session gets its own, so that nothing cached is carried over. `cursor` is that of
 * the first answer: the live stream starts there, so that no change is missed between the two. `kept` provides stored
 * answers when the server is unreachable.
 */
export const createClient = (kept: Exchange) => {
  let first: (cursor: string | null) => void;
  const cursor = new Promise<string | null>((resolve) => {
    first = resolve;
  });
  const client = new Client({
    url: '/graphql',
    preferGetMethod: false,
    fetch: (url, init) => {
      const signals = [init?.signal, AbortSignal.timeout(PATIENCE)].filter((signal) => signal instanceof AbortSignal);
      return fetch(url, { ...init, signal: AbortSignal.any(signals) });
    },
    requestPolicy: 'cache-and-network',
    exchanges: [
      cacheExchange,
      kept,
      authExchange(async (auth) => ({
        addAuthToOperation: (operation) => {
          const token = bearer();
          return token ? auth.appendHeaders(operation, { authorization: `Bearer ${token}` }) : operation;
        },
        willAuthError: nearsItsEnd,
        didAuthError: (error) => error.graphQLErrors.some(({ extensions }) => extensions.code === 'UNAUTHENTICATED'),
        refreshAuth: refresh,
      })),
      // A failed answer has no cursor; a later one will.
      mapExchange({ onResult: ({ extensions }) => extensions?.cursor && first(extensions.cursor) }),
      fetchExchange,
    ],
  });
  return { client, cursor };
};
