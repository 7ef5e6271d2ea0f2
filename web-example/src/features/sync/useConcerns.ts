import type { FeedItem } from '../../live/Live';
import { useFeatures } from '../Feature';

/**
 * Whether figures and failures may be out of date. A changed record is pending as soon as the change is committed, and only
 * the item about that change tells of it.
 */
export function useConcerns() {
  const features = useFeatures();
  return ({ __typename }: FeedItem) =>
    __typename === 'SyncChanged' || features.some(({ synced }) => synced?.includes(__typename));
}

/** While thousands of records are sent, the screen is fetched again about once in this many milliseconds. */
export const CALM = 400;
