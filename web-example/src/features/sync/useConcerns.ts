import type { FeedItem } from '../../live/Live';
import { useFeatures } from '../Feature';

/**
 * Whether figures and failures may be others. A changed thing waits to be sent from the commit of its change on, of which
 * only the item about that change tells.
 */
export function useConcerns() {
  const features = useFeatures();
  return ({ __typename }: FeedItem) =>
    __typename === 'SyncChanged' || features.some(({ synced }) => synced?.includes(__typename));
}

/** While thousands of things are sent, the screen is fetched anew about once in so many milliseconds. */
export const CALM = 400;
