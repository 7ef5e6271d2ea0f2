import type { AgendaEventFragment, AgendaEventState } from '../../api/gql/graphql';
import type { IconName } from '../../app/Icon';

const icons: Record<AgendaEventState, IconName | null> = {
  PLANNED: null,
  CONFIRMED: 'check',
  DONE: 'doubleCheck',
  CANCELLED: 'close',
  NO_SHOW: 'absent',
};

/** The icon of an event: that of its state or, if it has none, of its kind. */
export const iconOf = ({ state, kind, actionRequired, series }: AgendaEventFragment): IconName | null =>
  icons[state] ?? (actionRequired ? 'late' : kind === 'FOLLOW_UP' ? 'flag' : series ? 'sync' : null);
