import type { SyncSignFragment } from '../../api/gql/graphql';

export type SignState = 'pending' | 'synced' | 'error' | 'dead' | 'discarded';

/** The states that screens tell apart. IN_FLIGHT counts as pending, because no item says when it becomes pending again. */
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
