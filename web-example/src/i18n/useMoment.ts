import { useTranslation } from 'react-i18next';
import { useViewer } from '../session/Viewer';

/** Formats times in the person's language and time zone. */
export function useMoment() {
  const { i18n } = useTranslation();
  const { timeZone } = useViewer();
  const short = new Intl.DateTimeFormat(i18n.language, { dateStyle: 'medium', timeStyle: 'short', timeZone });
  const clock = new Intl.DateTimeFormat(i18n.language, { timeStyle: 'short', timeZone });
  const long = new Intl.DateTimeFormat(i18n.language, { dateStyle: 'full', timeStyle: 'long', timeZone });
  const exact = new Intl.DateTimeFormat(i18n.language, { dateStyle: 'medium', timeStyle: 'medium', timeZone });
  return (moment: string) => {
    const at = new Date(moment);
    return { short: short.format(at), time: clock.format(at), exact: exact.format(at), long: long.format(at) };
  };
}
