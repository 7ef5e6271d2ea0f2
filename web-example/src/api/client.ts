import { authExchange } from '@urql/exchange-auth';
import { cacheExchange, Client, fetchExchange } from 'urql';
import { bearer, nearsItsEnd, refresh } from '../features/session/session';

/** The urql client of one session; another session gets another one, so nothing cached is carried over. */
export const createClient = () =>
  new Client({
    url: '/graphql',
    preferGetMethod: false,
    requestPolicy: 'cache-and-network',
    exchanges: [
      cacheExchange,
      authExchange(async (auth) => ({
        addAuthToOperation: (operation) => {
          const token = bearer();
          return token ? auth.appendHeaders(operation, { authorization: `Bearer ${token}` }) : operation;
        },
        willAuthError: nearsItsEnd,
        didAuthError: (error) => error.graphQLErrors.some(({ extensions }) => extensions.code === 'UNAUTHENTICATED'),
        refreshAuth: refresh,
      })),
      fetchExchange,
    ],
  });
