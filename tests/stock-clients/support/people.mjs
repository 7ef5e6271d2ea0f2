// What people do at the server over plain HTTP, beside the client that is tried.
import assert from 'node:assert/strict';

/** The whole answer, when it carries no errors. */
export async function asks(url, query, variables, token) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
  });
  const answer = await response.json();
  assert.equal(answer.errors, undefined, JSON.stringify(answer.errors));
  return answer;
}

export async function logIn(url, email) {
  const { data } = await asks(
    url,
    'mutation ($input: SessionCreateInput!) { sessionCreate(input: $input) { session { accessToken } } }',
    { input: { email, password: 'demo' } },
  );
  return data.sessionCreate.session.accessToken;
}

export const logOut = (url, token) => asks(url, 'mutation { sessionRevoke(input: {}) { event { id } } }', {}, token);

/** Two clients, and where the streams stood before they were read. */
export async function readClients(url, token) {
  const { data, extensions } = await asks(url, '{ clients(first: 2) { nodes { id } } }', {}, token);
  const [client, other] = data.clients.nodes;
  assert.ok(other, 'the demo data has clients');
  assert.equal(typeof extensions.cursor, 'string');
  return { client: client.id, other: other.id, cursor: extensions.cursor };
}

export async function append(url, token, clientId, text) {
  const { data } = await asks(
    url,
    'mutation ($input: EventlogAppendInput!) { eventlogAppend(input: $input) { userErrors { code message } } }',
    { input: { clientId, kind: 'NOTE', text } },
    token,
  );
  assert.deepEqual(data.eventlogAppend.userErrors, []);
}
