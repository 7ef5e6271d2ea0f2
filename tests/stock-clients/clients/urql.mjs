// urql with its subscriptionExchange over graphql-ws, as its documentation shows it.
import { cacheExchange, Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { codesOf } from '../support/stories.mjs';
import { leave, socketClient } from './graphql-ws.mjs';
import { resuming } from './resuming.mjs';

export function open(settings) {
  const socket = socketClient(settings);
  const client = new Client({
    url: settings.httpUrl,
    exchanges: [
      cacheExchange,
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: (request) => ({
          subscribe: (sink) => ({
            unsubscribe: resuming(socket).subscribe({ ...request, query: request.query ?? '' }, sink),
          }),
        }),
      }),
    ],
  });
  const streams = [];
  return {
    follow(query, variables, { item, failed }) {
      const stream = client.subscription(query, variables).subscribe(({ data, error }) => {
        if (error) failed(error.networkError ? [String(error.networkError)] : codesOf(error.graphQLErrors));
        else item(Object.values(data)[0]);
      });
      streams.push(stream);
    },
    close() {
      streams.forEach((stream) => stream.unsubscribe());
      leave(socket);
    },
  };
}
