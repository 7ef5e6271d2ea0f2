import type { KeyboardEvent, PointerEvent } from 'react';
import type { AgendaEventFragment } from '../../api/gql/graphql';

export type ViewProps = {
  /** The days shown. */
  days: string[];
  /** The chosen day. */
  day: string;
  today: string;
  events: AgendaEventFragment[];
  open: (event: AgendaEventFragment) => void;
  /** Opens the form for a new event; `minute` is null when no time was clicked. */
  add: (day: string, minute: number | null) => void;
  grab: (event: AgendaEventFragment, pointer: PointerEvent<HTMLElement>) => void;
  press: (event: AgendaEventFragment, key: KeyboardEvent) => void;
};
