import { Button } from '@mantine/core';
import { type ReactNode, type RefObject, useEffect } from 'react';
import { useTranslation } from 'react-i18next';

/** A list that shows so many pages, one after the other. */
export type PagesLeft = { after: string | null; left: number; more: () => void };

type Props = Pick<PagesLeft, 'left' | 'more'> & {
  pageInfo: { hasNextPage: boolean; endCursor?: string | null };
  /** The page behind a cursor: so a changed page moves the following ones along. */
  next: (page: PagesLeft) => ReactNode;
};

/** What follows a page: the next one, or the button that asks for it. */
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

/** When a further page appears, the button that asked for it is gone; the focus goes to the first of what came. */
export function useFocusOnNew(list: RefObject<HTMLElement | null>, { after, loaded }: { after: string | null; loaded: boolean }) {
  useEffect(() => {
    if (loaded && after) list.current?.querySelector<HTMLElement>('a, button, summary, [tabindex]')?.focus();
    // Only when the page appears: later its cursor may change, and the person is elsewhere.
  }, [loaded]);
}
