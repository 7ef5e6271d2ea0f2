import { NativeSelect } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { AgendaPeopleDocument, type AgendaScope } from '../../api/gql/graphql';
import { Form } from './Form';
import type { FormProps } from './forms';
import { ScopeField } from './ScopeField';
import { useSend, useSubject } from './useSend';
import { documents } from './works';

/** Assigns an event to another person, or leaves it unassigned in the team. */
export function AssignForm({ event, done, cancel }: FormProps) {
  const { t } = useTranslation();
  const sent = useSend();
  const subjectOf = useSubject();
  const [{ data }] = useQuery({ query: AgendaPeopleDocument });
  const [version] = useState(event.version);
  const [to, setTo] = useState(event.assignee?.id ?? '');
  const [scope, setScope] = useState<AgendaScope>('THIS');
  const people = data?.users.nodes ?? (event.assignee ? [event.assignee] : []);

  async function submit() {
    const input = { id: event.id, expectedVersion: version, assigneeId: to || null, ...(event.series && { scope }) };
    const payload = await sent.send(documents.AgendaEventAssign, input, subjectOf(event));
    if (payload) done(payload);
  }

  return (
    <Form
      label={t('agenda.actions.ASSIGN')}
      done={t('agenda.actions.ASSIGN')}
      sent={sent}
      submit={() => void submit()}
      cancel={cancel}
    >
      <NativeSelect
        label={t('agenda.assignee')}
        value={to}
        onChange={({ currentTarget }) => setTo(currentTarget.value)}
        data={[{ value: '', label: t('agenda.pool') }, ...people.map(({ id, name }) => ({ value: id, label: name }))]}
      />
      {event.series && <ScopeField scope={scope} choose={setScope} />}
    </Form>
  );
}
