import { useState } from 'react';
import type { AgendaChangeFragment, AgendaEventFragment, AgendaScope } from '../../api/gql/graphql';
import { useSend, useSubject } from './useSend';
import { type Span, shownAt } from './when';
import { documents } from './works';

/** A move that is being sent, or that waits for the person to choose which occurrences it applies to. */
type Moving = { event: AgendaEventFragment; span: Span; asking: boolean };

const sameTime = (a: string, b: string) => Date.parse(a) === Date.parse(b);

/** Moves events: shown at once, sent with the version that was seen, and put back when refused. */
export function useMove(heard: (event: AgendaEventFragment) => void) {
  const { send, failure, refused } = useSend();
  const subjectOf = useSubject();
  const [moving, setMoving] = useState<Moving[]>([]);
  const [last, setLast] = useState<AgendaEventFragment | null>(null);
  const [warnings, setWarnings] = useState<AgendaChangeFragment['warnings']>([]);
  const of = (id: string) => moving.find(({ event }) => event.id === id);
  const asking = moving.find((each) => each.asking);
  const put = (id: string, next: Moving | null) =>
    setMoving((all) => [...all.filter(({ event }) => event.id !== id), ...(next ? [next] : [])]);

  async function go({ event, span }: Moving, scope: AgendaScope) {
    put(event.id, { event, span, asking: false });
    setLast(event);
    setWarnings([]);
    const input = { id: event.id, expectedVersion: event.version, ...span, scope };
    // After a refusal, show the event as it is now.
    const onRefused = ({ agendaEvent }: AgendaChangeFragment) => agendaEvent && heard(agendaEvent);
    const payload = await send(documents.AgendaEventReschedule, input, subjectOf(event), onRefused);
    // Offline, the queue keeps the event where it was dropped.
    const written = payload === 'waits' ? null : payload;
    if (written?.agendaEvent) heard(written.agendaEvent);
    setWarnings(written?.warnings ?? []);
    put(event.id, null);
  }

  return {
    /** The events, with the moved ones at their new time. */
    shown: (events: AgendaEventFragment[]) =>
      events.map((event) => {
        const move = of(event.id);
        return move ? shownAt(event, move.span) : event;
      }),
    /** Ignored while an earlier move of the event is being sent. */
    move(event: AgendaEventFragment, span: Span) {
      if (of(event.id) || (sameTime(event.start, span.start) && sameTime(event.end, span.end))) return;
      const wanted = { event, span, asking: event.series !== null };
      if (wanted.asking) put(event.id, wanted);
      else void go(wanted, 'THIS');
    },
    asking: asking?.event ?? null,
    answer(scope: AgendaScope | null) {
      if (asking && scope) void go(asking, scope);
      else if (asking) put(asking.event.id, null);
    },
    /** The outcome of the last move. */
    outcome: { event: refused?.agendaEvent ?? last, shown: last !== null, failure, refused, warnings },
    forget: () => setLast(null),
  };
}
