import type { AgendaEventFragment, AgendaEventState } from '../../api/gql/graphql';
import { shownAt } from './when';
import type { AgendaWork } from './works';

type Viewer = { id: string; name: string };

/** The state that each transition leads to. */
const states: Partial<Record<AgendaWork['name'], AgendaEventState>> = {
  AgendaEventCancel: 'CANCELLED',
  AgendaEventComplete: 'DONE',
  AgendaEventConfirm: 'CONFIRMED',
  AgendaEventMarkNoShow: 'NO_SHOW',
  AgendaEventReopen: 'PLANNED',
};

export const leadsOn = ({ name }: AgendaWork) => name in states;

/** The unsent changes to an event on this device. */
export const unsentOf = (id: string, works: readonly AgendaWork[]) =>
  works.filter(({ input, refused }) => 'expectedVersion' in input && input.id === id && !refused);

/** The event with the unsent changes of this device applied. */
export const asLeft = <Event extends AgendaEventFragment>(event: Event, works: readonly AgendaWork[]): Event =>
  unsentOf(event.id, works).reduce((shown, { name, input }) => {
    if (name === 'AgendaEventReschedule') {
      const { start, end, allDay } = input;
      return { ...shown, ...shownAt(shown, { start, end, allDay: allDay ?? shown.allDay }) };
    }
    if (name === 'AgendaEventUpdate') {
      const { title, actionRequired } = input;
      return { ...shown, title: title ?? shown.title, actionRequired: actionRequired ?? shown.actionRequired };
    }
    const state = states[name];
    return state ? { ...shown, state } : shown;
  }, event);

/** An event created on this device and not sent yet; its idempotency key serves as its id until then. */
export function madeHere({ key, name, input, refused }: AgendaWork, { id, name: called }: Viewer): AgendaEventFragment[] {
  if (name !== 'AgendaEventCreate' || refused) return [];
  const { title, start, end, allDay, timeZone, actionRequired } = input;
  const event: AgendaEventFragment = {
    __typename: 'AgendaEvent',
    id: key,
    version: 0,
    kind: 'APPOINTMENT',
    title,
    start,
    end,
    allDay: false,
    firstDay: null,
    lastDay: null,
    timeZone: timeZone ?? 'UTC',
    state: 'PLANNED',
    actionRequired: actionRequired ?? false,
    assignee: { __typename: 'User', id, name: called },
    client: null,
    series: null,
  };
  return [shownAt(event, { start, end, allDay: allDay ?? false })];
}
