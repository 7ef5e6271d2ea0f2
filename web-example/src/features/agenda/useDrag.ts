import { type PointerEvent, useEffect, useRef } from 'react';
import type { AgendaEventFragment } from '../../api/gql/graphql';
import { addDays, DAY } from './days';

/** Where a drop would put the start or the end of an event; `minute` is null in places without hours. */
export type Place = { day: string; minute: number | null; edge: 'start' | 'end' };

/** Minutes that a drop snaps to. */
export const STEP = 15;
/** Pixels before a press becomes a drag. */
const SLACK = 5;
/** How long a finger must rest on an event to drag it, in milliseconds; before that, it scrolls. */
const REST = 350;

/**
 * Drags an event with the pointer over elements with `data-day`; in those with `data-hours`, the height is a whole day.
 * Dragging by `data-grip` changes the length. Escape cancels. A finger scrolls unless it rests on the event first.
 */
export function useDrag(drop: (event: AgendaEventFragment, place: Place) => void) {
  const latest = useRef(drop);
  const letGo = useRef(() => {});
  const carries = useRef(false);
  useEffect(() => {
    latest.current = drop;
  });
  useEffect(() => {
    // Only a listener that is there before the touch begins can stop the page from scrolling during a drag.
    const hold = (touch: Event) => carries.current && touch.preventDefault();
    addEventListener('touchmove', hold, { passive: false });
    return () => {
      letGo.current();
      removeEventListener('touchmove', hold);
    };
  }, []);

  return (
    event: AgendaEventFragment,
    { button, pointerType, clientX, clientY, currentTarget: chip, target }: PointerEvent<HTMLElement>,
  ) => {
    if (button !== 0) return;
    letGo.current();
    const byFinger = pointerType === 'touch';
    const box = chip.getBoundingClientRect();
    const grip = chip.dataset.form === 'box' ? clientY - box.top : 0;
    // A bar over several days is grabbed by one of them.
    const { days = 1, before = 0 } = chip.dataset;
    const taken = Number(before) + Math.floor(((clientX - box.left) / box.width) * Number(days));
    const edge = target instanceof Element && target.closest('[data-grip]') ? 'end' : 'start';
    const { height: drawn } = chip.style;
    let dragging = false;
    let place: Place | null = null;

    const placeAt = (x: number, y: number): Place | null => {
      const target = document.elementsFromPoint(x, y).find((each) => each instanceof HTMLElement && each.dataset.day);
      if (!(target instanceof HTMLElement) || !target.dataset.day) return null;
      const { hours, allDay } = target.dataset;
      const day = addDays(target.dataset.day, -taken);
      // Timed events drop on hours only, all-day events on the all-day row only.
      if (event.allDay ? hours !== undefined : allDay !== undefined) return null;
      if (hours === undefined) return { day, minute: null, edge };
      const { top, height } = target.getBoundingClientRect();
      const minute = Math.round((((y - (edge === 'end' ? 0 : grip) - top) / height) * DAY) / STEP) * STEP;
      return { day, minute: Math.min(Math.max(minute, 0), edge === 'end' ? DAY : DAY - STEP), edge };
    };
    const take = () => {
      dragging = true;
      carries.current = byFinger;
      chip.dataset.dragged = '';
      chip.style.pointerEvents = 'none';
      chip.style.zIndex = '4';
    };
    const rests = byFinger
      ? setTimeout(() => {
          take();
          navigator.vibrate?.(15);
        }, REST)
      : undefined;
    const move = (pointer: globalThis.PointerEvent) => {
      const [x, y] = [pointer.clientX - clientX, pointer.clientY - clientY];
      if (!dragging) {
        if (Math.hypot(x, y) < SLACK) return;
        // The finger moved before it had rested: it scrolls.
        if (byFinger) return end();
        take();
      }
      place = placeAt(pointer.clientX, pointer.clientY);
      if (edge === 'end') chip.style.height = `${Math.max(box.height + y, 12)}px`;
      else chip.style.transform = `translate(${x}px, ${y}px)`;
      document.body.style.cursor = place ? 'grabbing' : 'not-allowed';
    };
    const end = () => {
      clearTimeout(rests);
      carries.current = false;
      delete chip.dataset.dragged;
      chip.style.height = drawn;
      for (const name of ['transform', 'pointer-events', 'z-index']) chip.style.removeProperty(name);
      document.body.style.removeProperty('cursor');
      removeEventListener('pointermove', move);
      removeEventListener('pointerup', up);
      removeEventListener('pointercancel', end);
      removeEventListener('keydown', escape);
      removeEventListener('contextmenu', quiet);
      letGo.current = () => {};
    };
    const up = () => {
      end();
      if (!dragging) return;
      // A drag must not count as a click.
      addEventListener('click', swallow, { capture: true, once: true });
      setTimeout(() => removeEventListener('click', swallow, { capture: true }));
      if (place) latest.current(event, place);
    };
    const escape = ({ key }: KeyboardEvent) => key === 'Escape' && end();
    // A resting finger would open the browser's context menu.
    const quiet = (menu: Event) => byFinger && menu.preventDefault();
    letGo.current = end;
    addEventListener('pointermove', move);
    addEventListener('pointerup', up);
    addEventListener('pointercancel', end);
    addEventListener('keydown', escape);
    addEventListener('contextmenu', quiet);
  };
}

const swallow = (click: Event) => {
  click.preventDefault();
  click.stopPropagation();
};
