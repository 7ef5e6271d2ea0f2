import { Button, Checkbox, Group, Stack, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AgendaChangeFragment } from '../../api/gql/graphql';
import { Dialog } from '../../app/Dialog';
import { useViewer } from '../../session/Viewer';
import { type Chosen, useThing } from '../Feature';
import { Form } from './Form';
import { FreeSlots } from './FreeSlots';
import { pathTo } from './path';
import { RecurrenceFields, type Recurrence, ruleOf } from './RecurrenceFields';
import { RemindersField } from './RemindersField';
import { useSend } from './useSend';
import { Warnings } from './Warnings';
import { spanOf, type When } from './when';
import { WhenFields } from './WhenFields';
import { documents } from './works';

/** Creates an event or a series. */
export function NewEventDialog({
  when: begin,
  client: given = null,
  close,
}: {
  when: When;
  client?: Chosen;
  close: () => void;
}) {
  const { t } = useTranslation();
  const { timeZone } = useViewer();
  const sent = useSend();
  const ClientField = useThing('client')?.Field;
  const [title, setTitle] = useState('');
  const [when, setWhen] = useState(begin);
  const [client, setClient] = useState<Chosen>(given);
  const [location, setLocation] = useState('');
  const [description, setDescription] = useState('');
  const [actionRequired, setActionRequired] = useState(false);
  const [recurrence, setRecurrence] = useState<Recurrence>({ frequency: 'NONE', until: '' });
  const [reminders, setReminders] = useState<number[] | null>(null);
  const [made, setMade] = useState<AgendaChangeFragment | null>(null);

  async function submit() {
    const rule = ruleOf(recurrence);
    const input = {
      ...spanOf(when, timeZone, timeZone),
      title: title.trim(),
      timeZone,
      actionRequired,
      ...(client && { clientId: client.id }),
      ...(location.trim() && { location: location.trim() }),
      ...(description.trim() && { description: description.trim() }),
      ...(rule && { recurrence: { rule } }),
      ...(reminders && { reminders }),
    };
    const subject = { title: input.title, path: pathTo('day', when.first) };
    const payload = await sent.send(documents.AgendaEventCreate, input, subject);
    if (!payload) return;
    if (payload !== 'waits' && payload.warnings.length > 0) setMade(payload);
    else close();
  }

  return (
    <Dialog size="lg" title={t('agenda.new')} close={close}>
      {made ? (
        <Stack>
          <Warnings warnings={made.warnings} />
          <Group justify="flex-end">
            <Button onClick={close}>{t('app.close')}</Button>
          </Group>
        </Stack>
      ) : (
        <Form label={t('agenda.new')} done={t('app.save')} sent={sent} submit={() => void submit()} cancel={close}>
          <TextInput
            label={t('agenda.fields.title')}
            required
            maxLength={200}
            data-autofocus
            value={title}
            onChange={(event) => setTitle(event.currentTarget.value)}
          />
          <WhenFields when={when} change={setWhen} />
          <FreeSlots when={when} choose={setWhen} />
          {ClientField && <ClientField value={client} choose={setClient} />}
          <TextInput
            label={t('agenda.fields.location')}
            value={location}
            onChange={(event) => setLocation(event.currentTarget.value)}
          />
          <Textarea
            label={t('agenda.fields.description')}
            autosize
            minRows={2}
            value={description}
            onChange={(event) => setDescription(event.currentTarget.value)}
          />
          <RecurrenceFields recurrence={recurrence} change={setRecurrence} />
          <RemindersField label={t('agenda.fields.reminders')} reminders={reminders} change={setReminders} bySettings />
          <Checkbox
            label={t('agenda.actionRequired')}
            checked={actionRequired}
            onChange={(event) => setActionRequired(event.currentTarget.checked)}
          />
        </Form>
      )}
    </Dialog>
  );
}
