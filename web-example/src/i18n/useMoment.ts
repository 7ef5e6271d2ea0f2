import { useTranslation } from 'react-i18next';
import { useViewer } from '../features/session/Viewer';

/** Writes moments in the time zone of the person who reads them. */
export function useMoment() {
  const { i18n } = useTranslation();
  const { timeZone } = useViewer();
  const short = new Intl.DateTimeFormat(i18n.language, { dateStyle: 'medium', timeStyle: 'short', timeZone });
  const long = new Intl.DateTimeFormat(i18n.language, { dateStyle: 'full', timeStyle: 'long', timeZone });
  return (moment: string) => ({ short: short.format(new Date(moment)), long: long.format(new Date(moment)) });
}
