import { authExchange } from '@urql/exchange-auth';
import { cacheExchange, Client, type Exchange, fetchExchange, mapExchange } from 'urql';
import { bearer, nearsItsEnd, refresh } from '../session/session';

/** A server that says nothing for so long is taken for out of reach. */
const PATIENCE = 8000;

/**
 * The urql client of one session; another session gets another one, so nothing cached is carried over. With it comes the
 * cursor of its first answer, from which the live stream begins: nothing falls between the two. `kept` answers when the network does not.
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
      // An answer that failed has none; the next one will.
      mapExchange({ onResult: ({ extensions }) => extensions?.cursor && first(extensions.cursor) }),
      fetchExchange,
    ],
  });
  return { client, cursor };
};
