import { Button, Group, Stack, Textarea } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog } from '../../app/Dialog';

/** Asks for the reason why a client is blocked. */
export function BlockDialog({ name, close }: { name: string; close: (reason: string | null) => void }) {
  const { t } = useTranslation();
  const [reason, setReason] = useState('');

  function submit(event: FormEvent) {
    event.preventDefault();
    if (reason.trim()) close(reason.trim());
  }

  return (
    <Dialog title={t('actions.blockTitle', { name })} close={() => close(null)}>
      <form onSubmit={submit}>
        <Stack>
          <Textarea
            label={t('actions.reason')}
            description={t('actions.reasonHint')}
            required
            data-autofocus
            autosize
            minRows={3}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={() => close(null)}>
              {t('app.cancel')}
            </Button>
            <Button type="submit" color="red.9">
              {t('actions.BLOCK')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
