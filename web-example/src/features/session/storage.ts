// What outlives the page: the refresh token, never the access token.

import type { ViewerFragment } from '../../api/gql/graphql';

const KEY = 'cabina.session';

export type Stored = {
  refreshToken: string;
  /** Kept with the token: when the answer to a refresh is lost, the same key gets it again. */
  refreshKey: string;
  userId: string;
  /** Who it is, for when there is no network to ask. */
  viewer?: ViewerFragment;
};

export function read(): Stored | null {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? 'null');
  } catch {
    return null;
  }
}

export const write = (stored: Stored) => localStorage.setItem(KEY, JSON.stringify(stored));

export const forget = () => localStorage.removeItem(KEY);

/** Calls back when another tab logged in, refreshed or logged out. */
export const onOtherTab = (changed: () => void) =>
  addEventListener('storage', (event) => {
    if (event.key === KEY || event.key === null) changed();
  });
