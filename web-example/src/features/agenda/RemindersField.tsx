import { Checkbox, Group, Stack } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import classes from './RemindersField.module.css';
import { useSpan } from './useSpan';

const usual = [0, 15, 60, 1440];

type Props = {
  label: string;
  /** Minutes before the start; null for the default of the settings. */
  reminders: number[] | null;
  change: (reminders: number[] | null) => void;
  /** Whether the default of the settings can be chosen. */
  bySettings?: boolean;
};

/** Choices of reminders: the usual times, and those that are set already. */
export function RemindersField({ label, reminders, change, bySettings = false }: Props) {
  const { t } = useTranslation();
  const spanOf = useSpan();
  const choices = [...new Set([...usual, ...(reminders ?? [])])].sort((a, b) => a - b);
  return (
    <Stack component="fieldset" gap={6} className={classes.reminders}>
      <legend>{label}</legend>
      {bySettings && (
        <Checkbox
          label={t('agenda.remindAsSet')}
          checked={reminders === null}
          onChange={({ currentTarget }) => change(currentTarget.checked ? null : [15])}
        />
      )}
      {reminders !== null && (
        <Group gap="md">
          {choices.map((minutes) => (
            <Checkbox
              key={minutes}
              label={spanOf(minutes)}
              checked={reminders.includes(minutes)}
              onChange={({ currentTarget }) =>
                change(currentTarget.checked ? [...reminders, minutes] : reminders.filter((each) => each !== minutes))
              }
            />
          ))}
        </Group>
      )}
    </Stack>
  );
}
