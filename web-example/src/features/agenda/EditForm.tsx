import { Checkbox, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type AgendaEventDetailFragment, type AgendaScope } from '../../api/gql/graphql';
import { type Chosen, useThing } from '../Feature';
import { Form } from './Form';
import type { FormProps } from './forms';
import { RemindersField } from './RemindersField';
import { ScopeField } from './ScopeField';
import { useSend, useSubject } from './useSend';
import { documents } from './works';

const valuesOf = ({ title, location, description, actionRequired, reminders, client }: AgendaEventDetailFragment) => ({
  title,
  location: location ?? '',
  description: description ?? '',
  actionRequired,
  reminders: reminders ?? null,
  client: client as Chosen,
});

/** Edits an event; only the fields that differ from what was shown are sent. */
export function EditForm({ event, done, cancel }: FormProps) {
  const { t } = useTranslation();
  const sent = useSend();
  const ClientField = useThing('client')?.Field;
  const subjectOf = useSubject();
  const [base, setBase] = useState(event);
  const [values, setValues] = useState(() => valuesOf(event));
  const [scope, setScope] = useState<AgendaScope>('THIS');
  const set = (some: Partial<typeof values>) => setValues((all) => ({ ...all, ...some }));

  async function submit() {
    const before = valuesOf(base);
    const changes = {
      ...(values.title.trim() !== before.title && { title: values.title.trim() }),
      ...(values.location.trim() !== before.location && { location: values.location.trim() || null }),
      ...(values.description.trim() !== before.description && { description: values.description.trim() || null }),
      ...(values.actionRequired !== before.actionRequired && { actionRequired: values.actionRequired }),
      ...(JSON.stringify(values.reminders) !== JSON.stringify(before.reminders) && { reminders: values.reminders }),
      ...(values.client?.id !== before.client?.id && { clientId: values.client?.id ?? null }),
    };
    if (Object.keys(changes).length === 0) return cancel();
    const payload = await sent.send(
      documents.AgendaEventUpdate,
      { id: base.id, expectedVersion: base.version, ...changes, ...(event.series && { scope }) },
      subjectOf(event),
      ({ agendaEvent }) => agendaEvent && setBase(agendaEvent),
    );
    if (payload) done(payload);
  }

  return (
    <Form
      label={t('agenda.actions.UPDATE')}
      done={t('app.save')}
      sent={sent}
      submit={() => void submit()}
      cancel={cancel}
    >
      <TextInput
        label={t('agenda.fields.title')}
        required
        maxLength={200}
        data-autofocus
        value={values.title}
        onChange={({ currentTarget }) => set({ title: currentTarget.value })}
      />
      {ClientField && <ClientField value={values.client} choose={(client) => set({ client })} />}
      <TextInput
        label={t('agenda.fields.location')}
        value={values.location}
        onChange={({ currentTarget }) => set({ location: currentTarget.value })}
      />
      <Textarea
        label={t('agenda.fields.description')}
        autosize
        minRows={2}
        value={values.description}
        onChange={({ currentTarget }) => set({ description: currentTarget.value })}
      />
      <RemindersField
        label={t('agenda.fields.reminders')}
        reminders={values.reminders}
        change={(reminders) => set({ reminders })}
        bySettings
      />
      <Checkbox
        label={t('agenda.actionRequired')}
        checked={values.actionRequired}
        onChange={({ currentTarget }) => set({ actionRequired: currentTarget.checked })}
      />
      {event.series && <ScopeField scope={scope} choose={setScope} />}
    </Form>
  );
}
