// npm's graphql-sse: the same streams as server-sent events, one request each. The application subscribes again itself.
import { createClient, NetworkError } from 'graphql-sse';
import { codesOf } from '../support/stories.mjs';

export function open({ httpUrl, token, lost }) {
  const client = createClient({
    url: httpUrl,
    headers: async () => ({ authorization: `Bearer ${await token()}` }),
    retryAttempts: 0,
  });
  let closed = false;
  return {
    follow(query, variables, { item, failed }) {
      let { after } = variables;
      const begin = () => {
        if (closed) return;
        client.subscribe({ query, variables: { ...variables, after } }, {
          next({ data, errors }) {
            if (errors) return failed(codesOf(errors));
            const [next] = Object.values(data);
            after = next.cursor;
            item(next);
          },
          error(error) {
            if (!(error instanceof NetworkError)) return failed([String(error)]);
            lost(error.response?.status);
            setTimeout(begin, 100);
          },
          complete: () => {},
        });
      };
      begin();
    },
    close() {
      closed = true;
      client.dispose();
    },
  };
}
