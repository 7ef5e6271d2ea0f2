import { Button, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { AgendaEventFragment, AgendaScope } from '../../api/gql/graphql';
import { Dialog } from '../../app/Dialog';
import { scopes } from './ScopeField';

/** Asks which occurrences of a series a drop applies to. */
export function ScopeDialog({
  event,
  answer,
}: {
  event: AgendaEventFragment;
  answer: (scope: AgendaScope | null) => void;
}) {
  const { t } = useTranslation();
  return (
    <Dialog title={t('agenda.scope.title', { title: event.title })} close={() => answer(null)}>
      <Stack gap="xs">
        <Text size="sm">{t('agenda.scope.question')}</Text>
        {scopes.map((scope, index) => (
          <Button key={scope} variant="default" data-autofocus={index === 0 || undefined} onClick={() => answer(scope)}>
            {t(`agenda.scope.${scope}`)}
          </Button>
        ))}
        <Button variant="subtle" onClick={() => answer(null)}>
          {t('app.cancel')}
        </Button>
      </Stack>
    </Dialog>
  );
}
