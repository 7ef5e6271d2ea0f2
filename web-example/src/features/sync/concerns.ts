import type { FeedItem } from '../../live/Live';

/** Whether figures and failures may be others. A change waits from its own commit on, of which only it is told. */
export const concernsSync = ({ __typename }: FeedItem) =>
  __typename === 'SyncChanged' || __typename === 'ClientUpdated' || __typename === 'EventlogNew';

/** While thousands of things are sent, the screen is fetched anew about once in so many milliseconds. */
export const CALM = 400;
