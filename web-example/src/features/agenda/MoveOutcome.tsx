import { CloseButton, Group } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Failure } from '../../api/failure';
import type { AgendaChangeFragment, AgendaEventFragment } from '../../api/gql/graphql';
import { FailureNote } from '../../app/FailureNote';
import { Refused } from './Refused';
import { Warnings } from './Warnings';

type Props = {
  event: AgendaEventFragment | null;
  shown: boolean;
  failure: Failure | null;
  refused: AgendaChangeFragment | null;
  warnings: AgendaChangeFragment['warnings'];
  close: () => void;
};

/** What went wrong with a drop, and its warnings. */
export function MoveOutcome({ event, shown, failure, refused, warnings, close }: Props) {
  const { t } = useTranslation();
  if (!event || !shown || !(failure || refused || warnings.length > 0)) return null;
  return (
    <Group wrap="nowrap" align="flex-start" gap="xs">
      <div style={{ flex: 1 }}>
        {failure && <FailureNote failure={failure} />}
        {refused && <Refused refused={refused} title={t('agenda.putBack', { title: event.title })} />}
        <Warnings warnings={warnings} />
      </div>
      <CloseButton aria-label={t('app.close')} onClick={close} />
    </Group>
  );
}
