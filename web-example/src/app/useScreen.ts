import { useEffect, useRef } from 'react';

/** Sets the page title, and moves the focus to the heading so that a screen reader announces the new screen. */
export function useScreen(title: string | undefined) {
  const heading = useRef<HTMLHeadingElement>(null);
  const shown = title !== undefined;
  useEffect(() => {
    if (title) document.title = `${title} – cabina`;
  }, [title]);
  useEffect(() => {
    if (shown) heading.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [shown]);
  return { ref: heading, tabIndex: -1 };
}
