import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMoment } from './useMoment';

const units = [['day', 86_400], ['hour', 3600], ['minute', 60]] as const;

/** Says how long ago something was, and keeps that up to date; after a week, shows the date. */
export function useAgo() {
  const { i18n } = useTranslation();
  const moment = useMoment();
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((ticks) => ticks + 1), 30_000);
    return () => clearInterval(timer);
  }, []);
  const words = new Intl.RelativeTimeFormat(i18n.language, { numeric: 'auto' });
  return (at: string) => {
    // Clocks may differ: never show a time in the future.
    const seconds = Math.max(0, (Date.now() - Date.parse(at)) / 1000);
    const unit = units.find(([, length]) => seconds >= length);
    if (!unit) return words.format(0, 'second');
    const [name, length] = unit;
    return seconds > 7 * 86_400 ? moment(at).short : words.format(-Math.floor(seconds / length), name);
  };
}
