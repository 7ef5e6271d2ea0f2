// What survives a reload: the refresh token, never the access token; and whether the server ended the session. A log-out
// stores nothing, so a stored end tells all tabs that unsent changes must be kept.

import type { ViewerFragment } from '../api/gql/graphql';

const KEY = 'cabina.session';

export type Stored = {
  refreshToken: string;
  /** Stored with the token: when the answer to a refresh is lost, repeating it with the same key returns it again. */
  refreshKey: string;
  userId: string;
  /** The person, for starting offline. */
  viewer?: ViewerFragment;
};

const kept = (): Stored | { ended: true } | null => {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? 'null');
  } catch {
    return null;
  }
};

export const read = (): Stored | null => {
  const found = kept();
  return found && 'refreshToken' in found ? found : null;
};

/** Whether the last session was ended by the server. */
export const wasEnded = () => {
  const found = kept();
  return found !== null && 'ended' in found;
};

export const write = (stored: Stored) => localStorage.setItem(KEY, JSON.stringify(stored));

export const forget = () => localStorage.removeItem(KEY);

/** Records that the server ended the session. */
export const writeEnd = () => localStorage.setItem(KEY, JSON.stringify({ ended: true }));

/** Calls back when another tab logged in, refreshed or logged out. */
export const onOtherTab = (changed: () => void) =>
  addEventListener('storage', (event) => {
    if (event.key === KEY || event.key === null) changed();
  });
