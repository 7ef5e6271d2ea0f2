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
 * Carries an event by keyboard: Alt with the arrows takes it from day to day and through the hours, or the weeks where
 * there are no hours; Enter leaves it there, Escape where it was.
 */
export function useCarry(days: string[], hours: boolean, drop: (event: AgendaEventFragment, span: Span) => void) {
  const { timeZone } = useViewer();
  const [carried, setCarried] = useState<Carried | null>(null);
  const last = useRef<string | null>(null);

  // In another column it is drawn anew, and the focus would stay behind.
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
    // What the server does not know yet stays where it was put.
    if (!arrow || event.version === 0) return;
    pressed.preventDefault();
    const from = carried?.event.id === event.id ? carried : { event, span: event };
    const shown = shownAt(from.event, from.span);
    const when = whenOf(shown, timeZone);
    const [aside, along] = arrow;
    const day = addDays(when.first, hours ? aside : aside + 7 * along);
    const minute = when.from + (hours && !event.allDay ? along * STEP : 0);
    // What is not shown is not gone to.
    if (!days.includes(day) || minute < 0 || minute >= DAY) return;
    const span = movedTo(shown, timeZone, { day, minute: event.allDay ? null : minute, edge: 'start' });
    setCarried({ event: from.event, span });
  }

  return {
    press,
    leave,
    letGo: () => setCarried(null),
    /** The event as it would be where it is carried. */
    carried: carried && shownAt(carried.event, carried.span),
    shown: (events: AgendaEventFragment[]) =>
      carried ? events.map((event) => (event.id === carried.event.id ? shownAt(event, carried.span) : event)) : events,
  };
}
