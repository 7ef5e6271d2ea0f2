import type { SyncSignFragment } from '../../api/gql/graphql';

export type SignState = 'pending' | 'synced' | 'error' | 'dead' | 'discarded';

/** What screens tell apart. A thing on its way waits still: when it is put off, nobody is told that it was on its way. */
export function stateOf({ status, discarded }: SyncSignFragment): SignState {
  switch (status) {
    case 'SYNCED':
      return 'synced';
    case 'ERROR':
      return 'error';
    case 'DEAD':
      return discarded ? 'discarded' : 'dead';
    default:
      return 'pending';
  }
}
