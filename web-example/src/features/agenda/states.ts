import type { AgendaEventFragment, AgendaEventState } from '../../api/gql/graphql';
import type { IconName } from '../../app/Icon';

const icons: Record<AgendaEventState, IconName | null> = {
  PLANNED: null,
  CONFIRMED: 'check',
  DONE: 'doubleCheck',
  CANCELLED: 'close',
  NO_SHOW: 'absent',
};

/** The sign of an event: of its state, else of what it is. */
export const iconOf = ({ state, kind, actionRequired, series }: AgendaEventFragment): IconName | null =>
  icons[state] ?? (actionRequired ? 'late' : kind === 'FOLLOW_UP' ? 'flag' : series ? 'sync' : null);
