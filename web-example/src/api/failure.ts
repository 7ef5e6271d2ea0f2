import type { CombinedError } from 'urql';

/** Why a request got no usable answer; refused business rules are not failures, they come as `userErrors`. */
export type Failure = {
  /** `NETWORK`, or the `extensions.code` of the GraphQL error. */
  code: string;
  /** The request's id in the server's log; null when the request did not reach the server. */
  requestId: string | null;
};

type ServerError = { extensions?: Record<string, unknown> | undefined };

export const failureOf = (errors: readonly ServerError[]): Failure => {
  const extensions = errors[0]?.extensions ?? {};
  return {
    code: String(extensions.code ?? 'INTERNAL'),
    requestId: typeof extensions.requestId === 'string' ? extensions.requestId : null,
  };
};

export const offline: Failure = { code: 'NETWORK', requestId: null };

export const failureIn = (error: CombinedError): Failure =>
  error.graphQLErrors.length > 0 ? failureOf(error.graphQLErrors) : offline;
