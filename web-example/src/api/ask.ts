import { stringifyDocument, type TypedDocumentNode } from '@urql/core';
import { type Failure, failureOf, offline } from './failure';

export type Answer<Data> = { data: Data; failure?: undefined } | { data?: undefined; failure: Failure };

/** One request outside the urql client: sessions are opened and closed with it, and the client needs a session. */
export async function ask<Data, Variables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  accessToken?: string,
): Promise<Answer<Data>> {
  try {
    const response = await fetch('/graphql', {
      method: 'POST',
      headers: {
        accept: 'application/graphql-response+json',
        'content-type': 'application/json',
        ...(accessToken && { authorization: `Bearer ${accessToken}` }),
      },
      body: JSON.stringify({ query: stringifyDocument(document), variables }),
      signal: AbortSignal.timeout(20_000),
    });
    const { data, errors } = await response.json();
    return data && !errors ? { data } : { failure: failureOf(errors ?? []) };
  } catch {
    return { failure: offline };
  }
}
