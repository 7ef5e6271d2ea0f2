// Apollo Client over graphql-ws. Here the application subscribes again by itself, so graphql-ws is told not to.
import { ApolloClient, CombinedGraphQLErrors, gql, InMemoryCache } from '@apollo/client/core';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { codesOf } from '../support/stories.mjs';
import { leave, socketClient } from './graphql-ws.mjs';

export function open({ socketUrl, token, lost }) {
  const socket = socketClient({ socketUrl, token }, { retryAttempts: 0 });
  const client = new ApolloClient({ link: new GraphQLWsLink(socket), cache: new InMemoryCache() });
  const streams = new Set();
  let closed = false;
  return {
    follow(query, variables, { item, failed }) {
      let { after } = variables;
      const begin = () => {
        if (closed) return;
        // Its cache would drop what stands behind an interface whose types it was not told, as the cursor does.
        const settings = { query: gql(query), fetchPolicy: 'no-cache' };
        const stream = client.subscribe({ ...settings, variables: { ...variables, after } });
        const running = stream.subscribe(({ data, error }) => {
          if (CombinedGraphQLErrors.is(error)) return failed(codesOf(error.errors));
          if (error) {
            streams.delete(running);
            lost(Number(/^Socket closed with event (\d+)/.exec(error.message)?.[1]));
            return setTimeout(begin, 100);
          }
          const [next] = Object.values(data);
          after = next.cursor;
          item(next);
        });
        streams.add(running);
      };
      begin();
    },
    close() {
      closed = true;
      streams.forEach((running) => running.unsubscribe());
      client.stop();
      leave(socket);
    },
  };
}
