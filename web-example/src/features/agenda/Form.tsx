import { Button, Group, Stack } from '@mantine/core';
import type { FormEvent, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { FailureNote } from '../../app/FailureNote';
import { Refused } from './Refused';
import type { useSend } from './useSend';

type Props = {
  label: string;
  done: string;
  sent: Pick<ReturnType<typeof useSend>, 'sending' | 'failure' | 'refused'>;
  submit: () => void;
  cancel: () => void;
  danger?: boolean;
  children: ReactNode;
};

/** The frame of the forms that change an event: its buttons, and why a change failed. */
export function Form({
  label,
  done,
  sent: { sending, failure, refused },
  submit,
  cancel,
  danger = false,
  children,
}: Props) {
  const { t } = useTranslation();
  function sendOff(event: FormEvent) {
    event.preventDefault();
    event.stopPropagation();
    if (!sending) submit();
  }
  return (
    <form onSubmit={sendOff} aria-label={label}>
      <Stack gap="sm">
        {children}
        {failure && <FailureNote failure={failure} />}
        {refused && <Refused refused={refused} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={cancel}>
            {t(danger ? 'app.back' : 'app.cancel')}
          </Button>
          <Button type="submit" loading={sending} {...(danger && { color: 'red.9' })}>
            {done}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
