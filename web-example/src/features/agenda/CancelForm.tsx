import { Textarea } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AgendaScope } from '../../api/gql/graphql';
import { Form } from './Form';
import type { FormProps } from './forms';
import { ScopeField } from './ScopeField';
import { useSend, useSubject } from './useSend';
import { documents } from './works';

/** Asks why an event, or the rest of a series, is cancelled. */
export function CancelForm({ event, done, cancel }: FormProps) {
  const { t } = useTranslation();
  const sent = useSend();
  const subjectOf = useSubject();
  const [version] = useState(event.version);
  const [reason, setReason] = useState('');
  const [scope, setScope] = useState<AgendaScope>('THIS');

  async function submit() {
    const input = {
      id: event.id,
      expectedVersion: version,
      ...(reason.trim() && { reason: reason.trim() }),
      ...(event.series && { scope }),
    };
    const payload = await sent.send(documents.AgendaEventCancel, input, subjectOf(event));
    if (payload) done(payload);
  }

  return (
    <Form
      label={t('agenda.actions.CANCEL')}
      done={t('agenda.actions.CANCEL')}
      danger
      sent={sent}
      submit={() => void submit()}
      cancel={cancel}
    >
      <Textarea
        label={t('actions.reason')}
        description={t('actions.reasonHint')}
        maxLength={500}
        autosize
        minRows={2}
        value={reason}
        onChange={({ currentTarget }) => setReason(currentTarget.value)}
      />
      {event.series && <ScopeField scope={scope} choose={setScope} />}
    </Form>
  );
}
