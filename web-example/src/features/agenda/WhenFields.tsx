import { Checkbox, Group, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { fromClock, isDay, toClock } from './days';
import { beginAt, type When } from './when';

type Props = { when: When; change: (when: When) => void; error?: string | undefined };

/** The start and end of an event, and whether it takes all day. */
export function WhenFields({ when, change, error }: Props) {
  const { t } = useTranslation();
  const { allDay, first, from, last, to } = when;
  const field = (
    label: 'startDay' | 'startTime' | 'endDay' | 'endTime',
    type: 'date' | 'time',
    value: string,
    set: (value: string) => void,
    problem?: string | false,
  ) => (
    <TextInput
      label={t(`agenda.${label}`)}
      type={type}
      required
      style={{ flex: '1 1 7rem' }}
      value={value}
      error={problem}
      onChange={({ currentTarget }) => (type === 'time' || isDay(currentTarget.value)) && set(currentTarget.value)}
    />
  );
  return (
    <>
      <Group gap="sm" align="flex-start">
        {field('startDay', 'date', first, (day) => change(beginAt(when, day, from)))}
        {!allDay && field('startTime', 'time', toClock(from), (time) => change(beginAt(when, first, fromClock(time))))}
      </Group>
      <Group gap="sm" align="flex-start">
        {field('endDay', 'date', last, (day) => change({ ...when, last: day }), error)}
        {!allDay && field('endTime', 'time', toClock(to), (time) => change({ ...when, to: fromClock(time) }))}
      </Group>
      <Checkbox
        label={t('agenda.allDay')}
        checked={allDay}
        onChange={({ currentTarget }) => change({ ...when, allDay: currentTarget.checked })}
      />
    </>
  );
}
