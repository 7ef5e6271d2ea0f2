import { useState } from 'react';
import type { SyncSignFragment } from '../../api/gql/graphql';
import { useFeed } from '../../live/Live';

type Sync = SyncSignFragment | null | undefined;

/** The sync status of a record: as fetched, or as the feed or an answer passed to `heard` updated it since. */
export function useSync(id: string, asked: Sync) {
  const [told, heard] = useState<Sync>(null);
  useFeed((item) => {
    if (item?.__typename === 'SyncChanged' && item.subjectId === id) heard(item.sync);
  });
  const sync = asked && told && asked.version > told.version ? asked : (told ?? asked);
  return { sync, heard };
}
