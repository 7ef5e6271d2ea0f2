import { useTranslation } from 'react-i18next';
import type { AgendaChangeFragment } from '../../api/gql/graphql';
import { Note } from '../../app/Note';
import { useMoment } from '../../i18n/useMoment';

/** Other events of the assignee at the same time; the change was saved anyway. */
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
