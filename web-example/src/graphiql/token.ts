import { useSyncExternalStore } from 'react';

// The access token of the last log-in in this window; it is not stored.
let token: string | null = null;
const listeners = new Set<() => void>();

export const useToken = () =>
  useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    () => token,
  );

type Params = { query: string; operationName?: string | null; variables?: unknown };

export const headersWith = (accessToken: string) => JSON.stringify({ authorization: `Bearer ${accessToken}` }, null, 2);

/** Sends a request. Keeps the access token of a log-in, and adds it to requests without an authorization header. */
export const fetcher = async (params: Params, options?: { headers?: Record<string, string> }) => {
  const headers = new Headers(options?.headers);
  const logsIn = /\bsession(Create|Refresh)\b/.test(params.query);
  // With an expired token, the server would refuse the log-in that replaces it.
  if (logsIn) headers.delete('authorization');
  else if (token && !headers.has('authorization')) headers.set('authorization', `Bearer ${token}`);
  headers.set('accept', 'application/graphql-response+json, application/json');
  headers.set('content-type', 'application/json');
  // Right after switching tabs, GraphiQL still sends the operation name of the previous tab.
  const named = new RegExp(`\\b${params.operationName}\\b`).test(params.query);
  const body = JSON.stringify(named ? params : { ...params, operationName: undefined });
  const response = await fetch('/graphql', { method: 'POST', headers, body });
  const answer = await response.json();
  if (logsIn) remember(answer.data);
  return answer;
};

/** Finds the session under any alias. */
function remember(data: Record<string, { session?: { accessToken?: string } | null } | null> | null | undefined) {
  const found = Object.values(data ?? {}).find((payload) => payload?.session?.accessToken);
  if (!found) return;
  token = found.session!.accessToken!;
  for (const changed of listeners) changed();
}
