import { Button, Group, Stack, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMutation } from 'urql';
import { failureIn } from '../../api/failure';
import { type ClientChangeFragment, type ClientDetailFragment, ClientUpdateDocument } from '../../api/gql/graphql';
import { useKeyed } from '../../api/key';
import { Dialog } from '../../app/Dialog';
import { FailureNote } from '../../app/FailureNote';
import { Note } from '../../app/Note';
import { useUserErrorText } from '../../i18n/texts';
import { ConflictList, type Side } from './ConflictList';

const fields = ['name', 'phone', 'email'] as const;
type Field = (typeof fields)[number];
type Values = Record<Field, string>;

const valuesOf = (client: ClientDetailFragment): Values => ({
  name: client.name,
  phone: client.phone ?? '',
  email: client.email ?? '',
});

/** Edits the version that was open; changes by others in the meantime are merged or shown as a conflict. */
export function EditDialog({ client, close }: { client: ClientDetailFragment; close: (saved: boolean) => void }) {
  const { t } = useTranslation();
  const textOf = useUserErrorText();
  const keyed = useKeyed();
  const [base, setBase] = useState(client);
  const [values, setValues] = useState(() => valuesOf(client));
  const [{ fetching, error }, update] = useMutation(ClientUpdateDocument);
  const [userErrors, setUserErrors] = useState<ClientChangeFragment['userErrors']>([]);
  const [conflicts, setConflicts] = useState<ClientChangeFragment['conflict']>([]);
  const [chosen, setChosen] = useState<Record<string, Side>>({});

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (fetching) return;
    const before = valuesOf(base);
    const changed = fields
      .filter((field) => values[field].trim() !== before[field] && chosen[field] !== 'theirs')
      .map((field) => [field, values[field].trim() || null]);
    if (changed.length === 0) return close(false);
    const input = keyed({ id: base.id, expectedVersion: base.version, ...Object.fromEntries(changed) });
    const { data } = await update({ input }, { additionalTypenames: ['Client', 'EventLogEntry'] });
    if (!data) return;
    const { payload } = data;
    if (payload.conflict.length > 0 && payload.client) {
      // The next attempt starts from the current values; only what the person typed still differs from them.
      const theirs = valuesOf(payload.client);
      setValues(Object.fromEntries(fields.map((f) => [f, values[f].trim() === before[f] ? theirs[f] : values[f]])) as Values);
      setBase(payload.client);
      setConflicts(payload.conflict);
      setChosen({});
    }
    setUserErrors(payload.userErrors.filter(({ code }) => code !== 'CONFLICT'));
    if (payload.userErrors.length === 0 && payload.conflict.length === 0) close(true);
  }

  const errorAt = (field: Field) => {
    const found = userErrors.find((userError) => userError.field === field);
    return found && textOf(found);
  };

  return (
    <Dialog title={t('edit.title')} close={() => close(false)}>
      <form onSubmit={submit}>
        <Stack>
          {error && <FailureNote failure={failureIn(error)} />}
          {userErrors.map((userError) =>
            fields.some((field) => field === userError.field) ? null : (
              <Note key={userError.code} tone="error">
                {textOf(userError)}
              </Note>
            ),
          )}
          {conflicts.length > 0 && (
            <Note tone="warning" title={t('conflict.title')}>
              {t('conflict.intro')}
              <ConflictList
                conflicts={conflicts}
                chosen={chosen}
                choose={(field, side) => setChosen({ ...chosen, [field]: side })}
              />
            </Note>
          )}
          {fields.map((field) => (
            <TextInput
              key={field}
              label={t(`clients.${field}`)}
              description={field === 'name' ? undefined : t('edit.clearHint')}
              type={field === 'email' ? 'email' : field === 'phone' ? 'tel' : 'text'}
              required={field === 'name'}
              data-autofocus={field === 'name' || undefined}
              error={errorAt(field)}
              value={chosen[field] === 'theirs' ? valuesOf(base)[field] : values[field]}
              disabled={chosen[field] === 'theirs'}
              onChange={(event) => setValues({ ...values, [field]: event.currentTarget.value })}
            />
          ))}
          <Group justify="flex-end">
            <Button variant="default" onClick={() => close(false)}>
              {t('app.cancel')}
            </Button>
            <Button type="submit" loading={fetching}>
              {t('app.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
