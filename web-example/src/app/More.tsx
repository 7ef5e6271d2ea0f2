import { Button } from '@mantine/core';
import { type ReactNode, type RefObject, useEffect } from 'react';
import { useTranslation } from 'react-i18next';

/** Where a page of a list begins, how many pages are still to be shown, and how to ask for one more. */
export type PagesLeft = { after: string | null; left: number; more: () => void };

type Props = Pick<PagesLeft, 'left' | 'more'> & {
  pageInfo: { hasNextPage: boolean; endCursor?: string | null };
  /** Renders the page after a cursor. Nesting pages makes the following ones move along when one changes. */
  next: (page: PagesLeft) => ReactNode;
};

/** What follows a page: the next page, or a button that loads it. */
export function More({ pageInfo: { hasNextPage, endCursor }, left, more, next }: Props) {
  const { t } = useTranslation();
  if (!hasNextPage) return null;
  if (left > 1) return next({ after: endCursor ?? null, left: left - 1, more });
  return (
    <Button variant="subtle" fullWidth radius={0} onClick={more}>
      {t('app.loadMore')}
    </Button>
  );
}

/** Moves the focus to the first new row when a page appears, because the button that loaded it disappears. */
export function useFocusOnNew(list: RefObject<HTMLElement | null>, { after, loaded }: { after: string | null; loaded: boolean }) {
  useEffect(() => {
    if (loaded && after) list.current?.querySelector<HTMLElement>('a, button, summary, [tabindex]')?.focus();
    // Only when the page appears: its cursor may change later, when the focus is elsewhere.
  }, [loaded]);
}
