import { useTranslation } from 'react-i18next';
import { frequencies } from './RecurrenceFields';
import { useDayWords } from './useDayWords';

/** Names the plain rules; any other is shown as it is. */
export function useRule() {
  const { t } = useTranslation();
  const words = useDayWords();
  return (rule: string) => {
    const parts = new Map(rule.split(';').map((part) => part.split('=') as [string, string]));
    const frequency = frequencies.find((each) => each === parts.get('FREQ'));
    const until = parts.get('UNTIL');
    const plain = [...parts.keys()].every((name) => ['FREQ', 'UNTIL', 'COUNT'].includes(name));
    if (!frequency || !plain) return rule;
    const day = until?.replace(/^(\d{4})(\d\d)(\d\d).*$/, '$1-$2-$3');
    const count = parts.get('COUNT');
    return [
      t(`agenda.frequency.${frequency}`),
      day && t('agenda.untilDay', { day: words.full(day) }),
      count && t('agenda.times', { count: Number(count) }),
    ]
      .filter(Boolean)
      .join(', ');
  };
}
