import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { AgendaEventFragment } from '../../api/gql/graphql';
import classes from './Carried.module.css';
import { useDayWords } from './useDayWords';

type Props = { event: AgendaEventFragment | null; leave: () => void; letGo: () => void };

/** Shows and announces where an event moved by keyboard is now. */
export function Carried({ event, leave, letGo }: Props) {
  const { t } = useTranslation();
  const words = useDayWords();
  return (
    <div className={classes.place}>
      <p role="status">{event && t('agenda.carried', { title: event.title, when: words.when(event) })}</p>
      {event && (
        <>
          <Button size="compact-sm" onClick={leave}>
            {t('agenda.leaveHere')}
          </Button>
          <Button size="compact-sm" variant="default" onClick={letGo}>
            {t('app.cancel')}
          </Button>
        </>
      )}
    </div>
  );
}
