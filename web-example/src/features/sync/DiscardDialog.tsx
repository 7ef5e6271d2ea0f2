import { Button, Group, Stack, Text, Textarea } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog } from '../../app/Dialog';
import { TroubleNote } from './TroubleNote';
import type { Trouble } from './useActions';

const LONGEST = 500;

type Props = { what: string; discard: (reason: string) => Promise<Trouble | null>; close: (done: boolean) => void };

/** Asks why failures are discarded. */
export function DiscardDialog({ what, discard, close }: Props) {
  const { t } = useTranslation();
  const [reason, setReason] = useState('');
  const [wrong, setWrong] = useState(false);
  const [running, setRunning] = useState(false);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const { length } = [...reason.trim()];
  const fits = length >= 1 && length <= LONGEST;

  async function submit(event: FormEvent) {
    event.preventDefault();
    setWrong(!fits);
    if (!fits || running) return;
    setRunning(true);
    const found = await discard(reason.trim());
    setRunning(false);
    setTrouble(found);
    if (!found) close(true);
  }

  return (
    <Dialog title={t('sync.discardTitle')} close={() => close(false)}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <Text size="sm">{what}</Text>
          <Text size="sm" c="dimmed">
            {t('sync.discardMeans')}
          </Text>
          <Textarea
            label={t('actions.reason')}
            description={t('sync.reasonRule', { max: LONGEST })}
            error={(wrong && !fits) || length > LONGEST ? t('sync.reasonWrong', { max: LONGEST, count: length }) : undefined}
            required
            data-autofocus
            autosize
            minRows={3}
            maxRows={10}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          {trouble && <TroubleNote trouble={trouble} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={() => close(false)}>
              {t('app.cancel')}
            </Button>
            <Button type="submit" color="red.9" loading={running}>
              {t('sync.discard')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
