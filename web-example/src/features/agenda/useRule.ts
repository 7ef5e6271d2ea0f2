import { useTranslation } from 'react-i18next';
import { spread } from './days';
import { frequencies } from './RecurrenceFields';
import { useDayWords } from './useDayWords';

/** The weekdays as recurrence rules name them, each with a date that falls on it. */
const weekdays = new Map(['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'].map((name, at) => [name, spread('2027-01-04', 7)[at] ?? '']));

/** Describes simple recurrence rules in words; other rules are shown as they are. */
export function useRule() {
  const { t, i18n } = useTranslation();
  const words = useDayWords();
  const list = new Intl.ListFormat(i18n.language, { type: 'conjunction' });
  return (rule: string) => {
    const parts = new Map(rule.split(';').map((part) => part.split('=') as [string, string]));
    const frequency = frequencies.find((each) => each === parts.get('FREQ'));
    const until = parts.get('UNTIL');
    const plain = [...parts.keys()].every((name) => ['FREQ', 'UNTIL', 'COUNT', 'BYDAY'].includes(name));
    const days = parts.get('BYDAY')?.split(',') ?? [];
    // For example, the first Monday of each month.
    const counted = days.some((name) => !weekdays.has(name)) || (days.length > 0 && frequency !== 'WEEKLY');
    if (!frequency || !plain || counted) return rule;
    const day = until?.replace(/^(\d{4})(\d\d)(\d\d).*$/, '$1-$2-$3');
    const count = parts.get('COUNT');
    return [
      t(`agenda.frequency.${frequency}`),
      days.length > 0 &&
        t('agenda.onDays', { days: list.format(days.map((name) => words.weekdayLong(weekdays.get(name) ?? ''))) }),
      day && t('agenda.untilDay', { day: words.full(day) }),
      count && t('agenda.times', { count: Number(count) }),
    ]
      .filter(Boolean)
      .join(', ');
  };
}
