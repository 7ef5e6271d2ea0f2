import { Button, Group, Stack, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Failure } from '../../api/failure';
import type { NextTouchInput } from '../../api/gql/graphql';
import { Dialog } from '../../app/Dialog';
import { FailureNote } from '../../app/FailureNote';
import { Note } from '../../app/Note';
import { useViewer } from '../../session/Viewer';
import { addDays, fromClock, momentOf, toClock, wallOf } from './days';

type Props = {
  touch: NextTouchInput | null;
  failure: Failure | null;
  refusal: string;
  set: (touch: NextTouchInput) => void;
  close: () => void;
};

/** Asks when to contact a client next, and why. */
export function NextTouchDialog({ touch, failure, refusal, set, close }: Props) {
  const { t } = useTranslation();
  const { timeZone } = useViewer();
  const begin = touch ? wallOf(timeZone, touch.at) : { day: addDays(wallOf(timeZone, Date.now()).day, 1), minute: 600 };
  const [reason, setReason] = useState(touch?.reason ?? '');
  const [day, setDay] = useState(begin.day);
  const [time, setTime] = useState(toClock(begin.minute));

  function submit(event: FormEvent) {
    event.preventDefault();
    set({ reason: reason.trim(), at: momentOf(timeZone, { day, minute: fromClock(time) }) });
  }

  return (
    <Dialog size="lg" title={t('agenda.touch.title')} close={close}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <TextInput
            label={t('agenda.touch.reason')}
            required
            maxLength={200}
            data-autofocus
            value={reason}
            onChange={({ currentTarget }) => setReason(currentTarget.value)}
          />
          <Group grow>
            <TextInput
              label={t('agenda.touch.day')}
              type="date"
              required
              value={day}
              onChange={({ currentTarget }) => setDay(currentTarget.value)}
            />
            <TextInput
              label={t('agenda.touch.time')}
              type="time"
              required
              value={time}
              onChange={({ currentTarget }) => setTime(currentTarget.value)}
            />
          </Group>
          {failure && <FailureNote failure={failure} />}
          {refusal && <Note tone="error">{refusal}</Note>}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t('app.cancel')}
            </Button>
            <Button type="submit">{t('app.save')}</Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
