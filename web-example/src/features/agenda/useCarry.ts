import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import type { AgendaEventFragment } from '../../api/gql/graphql';
import { useViewer } from '../../session/Viewer';
import { addDays, DAY } from './days';
import { STEP } from './useDrag';
import { movedTo, type Span, shownAt, whenOf } from './when';

type Carried = { event: AgendaEventFragment; span: Span };

const arrows: Record<string, [days: number, steps: number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/**
 * Moves an event by keyboard: Alt with the arrow keys moves it by days and quarters of an hour, or by weeks in views
 * without hours; Enter drops it, Escape cancels.
 */
export function useCarry(days: string[], hours: boolean, drop: (event: AgendaEventFragment, span: Span) => void) {
  const { timeZone } = useViewer();
  const [carried, setCarried] = useState<Carried | null>(null);
  const last = useRef<string | null>(null);

  // In another column the event is a new element, so the focus has to be moved to it.
  useEffect(() => {
    const id = carried?.event.id ?? last.current;
    if (id) document.querySelector<HTMLElement>(`[data-event="${CSS.escape(id)}"]`)?.focus();
    last.current = carried?.event.id ?? null;
  }, [carried]);

  const leave = () => {
    if (carried) drop(carried.event, carried.span);
    setCarried(null);
  };

  function press(event: AgendaEventFragment, pressed: KeyboardEvent) {
    const { key, altKey } = pressed;
    const arrow = altKey ? arrows[key] : undefined;
    if (carried?.event.id === event.id && (key === 'Enter' || key === 'Escape')) {
      pressed.preventDefault();
      return key === 'Enter' ? leave() : setCarried(null);
    }
    // An unsent new event cannot be moved yet.
    if (!arrow || event.version === 0) return;
    pressed.preventDefault();
    const from = carried?.event.id === event.id ? carried : { event, span: event };
    const shown = shownAt(from.event, from.span);
    const when = whenOf(shown, timeZone);
    const [aside, along] = arrow;
    const day = addDays(when.first, hours ? aside : aside + 7 * along);
    const minute = when.from + (hours && !event.allDay ? along * STEP : 0);
    // Only to days and times that are shown.
    if (!days.includes(day) || minute < 0 || minute >= DAY) return;
    const span = movedTo(shown, timeZone, { day, minute: event.allDay ? null : minute, edge: 'start' });
    setCarried({ event: from.event, span });
  }

  return {
    press,
    leave,
    letGo: () => setCarried(null),
    /** The event at the place to which it is carried. */
    carried: carried && shownAt(carried.event, carried.span),
    shown: (events: AgendaEventFragment[]) =>
      carried ? events.map((event) => (event.id === carried.event.id ? shownAt(event, carried.span) : event)) : events,
  };
}
