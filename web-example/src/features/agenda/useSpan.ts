import { useTranslation } from 'react-i18next';

/** Says how long before the start a reminder comes. */
export function useSpan() {
  const { t } = useTranslation();
  return (minutes: number) => {
    if (minutes === 0) return t('agenda.before.now');
    if (minutes % 1440 === 0) return t('agenda.before.days', { count: minutes / 1440 });
    if (minutes % 60 === 0) return t('agenda.before.hours', { count: minutes / 60 });
    return t('agenda.before.minutes', { count: minutes });
  };
}
