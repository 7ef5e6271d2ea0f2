import type { KeyboardEvent, PointerEvent } from 'react';
import type { AgendaEventFragment } from '../../api/gql/graphql';

export type ViewProps = {
  /** The days that are shown. */
  days: string[];
  /** The one that was gone to. */
  day: string;
  today: string;
  events: AgendaEventFragment[];
  open: (event: AgendaEventFragment) => void;
  /** Begins a new event; no minute: none was pointed at. */
  add: (day: string, minute: number | null) => void;
  grab: (event: AgendaEventFragment, pointer: PointerEvent<HTMLElement>) => void;
  press: (event: AgendaEventFragment, key: KeyboardEvent) => void;
};
