import { Group, NativeSelect, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';

export const frequencies = ['NONE', 'DAILY', 'WEEKLY', 'MONTHLY'] as const;
export type Recurrence = { frequency: (typeof frequencies)[number]; until: string };

/** The recurrence rule (RFC 5545); null for a single event. */
export const ruleOf = ({ frequency, until }: Recurrence): string | null =>
  frequency === 'NONE' ? null : `FREQ=${frequency}${until ? `;UNTIL=${until.replaceAll('-', '')}` : ''}`;

type Props = { recurrence: Recurrence; change: (recurrence: Recurrence) => void; error?: string | undefined };

export function RecurrenceFields({ recurrence, change, error }: Props) {
  const { t } = useTranslation();
  return (
    <Group gap="sm" align="flex-start">
      <NativeSelect
        label={t('agenda.repeats')}
        style={{ flex: '1 1 9rem' }}
        value={recurrence.frequency}
        onChange={({ currentTarget }) =>
          change({ ...recurrence, frequency: currentTarget.value as Recurrence['frequency'] })
        }
        data={frequencies.map((value) => ({ value, label: t(`agenda.frequency.${value}`) }))}
        error={error}
      />
      {recurrence.frequency !== 'NONE' && (
        <TextInput
          label={t('agenda.until')}
          description={t('agenda.untilHint')}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          type="date"
          style={{ flex: '1 1 9rem' }}
          value={recurrence.until}
          onChange={({ currentTarget }) => change({ ...recurrence, until: currentTarget.value })}
        />
      )}
    </Group>
  );
}
