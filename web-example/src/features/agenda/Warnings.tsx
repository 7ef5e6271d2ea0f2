import { useTranslation } from 'react-i18next';
import type { AgendaChangeFragment } from '../../api/gql/graphql';
import { Note } from '../../app/Note';
import { useMoment } from '../../i18n/useMoment';

/** What else the assignee has at that time; it was written all the same. */
export function Warnings({ warnings }: Pick<AgendaChangeFragment, 'warnings'>) {
  const { t } = useTranslation();
  const moment = useMoment();
  if (warnings.length === 0) return null;
  return (
    <Note tone="warning" title={t('agenda.overlap')}>
      {warnings.map(({ agendaEvent: { id, title, start, end } }) => (
        <p key={id}>
          {title}, {moment(start).short} – {moment(end).time}
        </p>
      ))}
    </Note>
  );
}
