import { useState } from 'react';
import {
  type AgendaChangeFragment, type AgendaEventFragment, AgendaEventRescheduleDocument, type AgendaScope,
} from '../../api/gql/graphql';
import { useSend } from './useSend';
import { type Span, shownAt } from './when';

/** A move that waits for the answer, or for the person to say which occurrences of a series it is for. */
type Moving = { event: AgendaEventFragment; span: Span; asking: boolean };

const sameTime = (a: string, b: string) => Date.parse(a) === Date.parse(b);

/** Moves events: shown at once, sent with the version that was seen, and put back when it is refused. */
export function useMove(heard: (event: AgendaEventFragment) => void) {
  const { send, failure, refused, sending } = useSend();
  const [moving, setMoving] = useState<Moving | null>(null);
  const [last, setLast] = useState<Moving | null>(null);
  const [warnings, setWarnings] = useState<AgendaChangeFragment['warnings']>([]);

  async function go({ event, span }: Moving, scope: AgendaScope) {
    const now = { event, span, asking: false };
    setMoving(now);
    setLast(now);
    setWarnings([]);
    const input = { id: event.id, expectedVersion: event.version, ...span, scope };
    // Refused: the event as it is now takes the place of what was shown.
    const payload = await send(
      AgendaEventRescheduleDocument,
      input,
      ({ agendaEvent }) => agendaEvent && heard(agendaEvent),
    );
    if (payload?.agendaEvent) heard(payload.agendaEvent);
    setWarnings(payload?.warnings ?? []);
    setMoving(null);
  }

  return {
    /** The events as they are to be shown now. */
    shown: (events: AgendaEventFragment[]) =>
      moving ? events.map((event) => (event.id === moving.event.id ? shownAt(event, moving.span) : event)) : events,
    move(event: AgendaEventFragment, span: Span) {
      if (moving || (sameTime(event.start, span.start) && sameTime(event.end, span.end))) return;
      const wanted = { event, span, asking: event.series !== null };
      if (wanted.asking) setMoving(wanted);
      else void go(wanted, 'THIS');
    },
    asking: moving?.asking ? moving.event : null,
    answer(scope: AgendaScope | null) {
      if (moving && scope) void go(moving, scope);
      else setMoving(null);
    },
    sending,
    /** What came of the last move. */
    outcome: { event: last?.event ?? null, failure, refused, warnings },
    forget: () => {
      setLast(null);
      setWarnings([]);
    },
  };
}
