// What outlives the page: the refresh token, never the access token. And how the session ended: a person who logs out
// leaves nothing, the server's end a note of it, by which all tabs know that what is unsent is to be kept.

import type { ViewerFragment } from '../api/gql/graphql';

const KEY = 'cabina.session';

export type Stored = {
  refreshToken: string;
  /** Kept with the token: when the answer to a refresh is lost, the same key gets it again. */
  refreshKey: string;
  userId: string;
  /** Who it is, for when there is no network to ask. */
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

/** Notes that the server has ended the session. */
export const writeEnd = () => localStorage.setItem(KEY, JSON.stringify({ ended: true }));

/** Calls back when another tab logged in, refreshed or logged out. */
export const onOtherTab = (changed: () => void) =>
  addEventListener('storage', (event) => {
    if (event.key === KEY || event.key === null) changed();
  });
