import { useTranslation } from 'react-i18next';
import { Note } from '../../app/Note';
import es from '../../i18n/es.json';
import { useMoment } from '../../i18n/useMoment';
import type { Answer } from '../../offline/works';
import { useAgendaErrorText } from './useAgendaErrorText';

const isNamed = (field: string): field is keyof typeof es.agenda.fields => Object.hasOwn(es.agenda.fields, field);
const isState = (text: string): text is keyof typeof es.agenda.states => Object.hasOwn(es.agenda.states, text);

/** Why nothing was saved and, after a conflict, both values of each field. */
export function Refused({
  refused: { userErrors, conflict = [] },
  title,
}: {
  refused: Answer;
  title?: string;
}) {
  const { t } = useTranslation();
  const textOf = useAgendaErrorText();
  const moment = useMoment();
  const value = (field: string, text: string | null | undefined) => {
    if (!text) return t('conflict.empty');
    if (isState(text)) return t(`agenda.states.${text}`);
    return ['start', 'end'].includes(field) && !Number.isNaN(Date.parse(text)) ? moment(text).short : text;
  };
  const shown = Object.keys(es.agenda.fields).flatMap((name) => conflict.filter(({ field }) => field === name));
  return (
    <Note tone="error" title={title ?? (conflict.length > 0 ? t('conflict.title') : undefined)}>
      {[...new Set(userErrors.map(textOf))].map((text) => (
        <p key={text}>{text}</p>
      ))}
      {shown.map(({ field, mine, theirs }) => (
        <p key={field}>
          {isNamed(field) && t(`agenda.fields.${field}`)}: {t('conflict.theirs').toLocaleLowerCase()}{' '}
          <b>{value(field, theirs)}</b>, {t('conflict.mine').toLocaleLowerCase()} <b>{value(field, mine)}</b>.
        </p>
      ))}
    </Note>
  );
}
