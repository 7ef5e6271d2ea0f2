import { useTranslation } from 'react-i18next';
import es from '../../i18n/es.json';
import { useUserErrorText } from '../../i18n/texts';

type UserError = { code: string; message: string };

const isOurs = (code: string): code is keyof typeof es.agenda.refusals => Object.hasOwn(es.agenda.refusals, code);

/** The text of a refusal in the person's language; the agenda's own texts come first. */
export function useAgendaErrorText() {
  const { t } = useTranslation();
  const other = useUserErrorText();
  return (error: UserError) => (isOurs(error.code) ? t(`agenda.refusals.${error.code}`) : other(error));
}
