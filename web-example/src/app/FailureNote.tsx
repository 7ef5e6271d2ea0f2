import { Button, Group, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Failure } from '../api/failure';
import { useFailureText } from '../i18n/texts';
import { Note } from './Note';

/** Says why a request failed, and offers to retry. */
export function FailureNote({ failure, retry }: { failure: Failure; retry?: () => void }) {
  const { t } = useTranslation();
  const textOf = useFailureText();
  return (
    <Note tone="error">
      <Group justify="space-between">
        <div>
          {textOf(failure)}
          {failure.requestId && (
            <Text size="xs" c="dimmed">
              {t('app.request')} {failure.requestId}
            </Text>
          )}
        </div>
        {retry && (
          <Button size="xs" variant="default" onClick={retry}>
            {t('app.retry')}
          </Button>
        )}
      </Group>
    </Note>
  );
}
