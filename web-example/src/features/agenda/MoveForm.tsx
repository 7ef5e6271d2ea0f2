import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AgendaScope } from '../../api/gql/graphql';
import { useViewer } from '../../session/Viewer';
import { Form } from './Form';
import type { FormProps } from './forms';
import { ScopeField } from './ScopeField';
import { useSend, useSubject } from './useSend';
import { spanOf, whenOf } from './when';
import { WhenFields } from './WhenFields';
import { documents } from './works';

/** Changes the start and end of an event without dragging. */
export function MoveForm({ event, done, cancel }: FormProps) {
  const { t } = useTranslation();
  const { timeZone } = useViewer();
  const sent = useSend();
  const subjectOf = useSubject();
  const [version, setVersion] = useState(event.version);
  const [when, setWhen] = useState(() => whenOf(event, timeZone));
  const [scope, setScope] = useState<AgendaScope>('THIS');

  async function submit() {
    const span = spanOf(when, timeZone, event.timeZone);
    const payload = await sent.send(
      documents.AgendaEventReschedule,
      { id: event.id, expectedVersion: version, ...span, ...(event.series && { scope }) },
      subjectOf(event),
      // After seeing the conflict, the person may save the same change again.
      ({ agendaEvent }) => agendaEvent && setVersion(agendaEvent.version),
    );
    if (payload) done(payload);
  }

  return (
    <Form
      label={t('agenda.actions.RESCHEDULE')}
      done={t('agenda.actions.RESCHEDULE')}
      sent={sent}
      submit={() => void submit()}
      cancel={cancel}
    >
      <WhenFields when={when} change={setWhen} />
      {event.series && <ScopeField scope={scope} choose={setScope} />}
    </Form>
  );
}
