import { Button, CopyButton, Group, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog } from '../../app/Dialog';
import { FailureNote } from '../../app/FailureNote';
import { Note } from '../../app/Note';
import { useMoment } from '../../i18n/useMoment';
import { RemindersField } from './RemindersField';
import { useAgendaErrorText } from './useAgendaErrorText';
import { useSettings } from './useSettings';

export function SettingsDialog({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const textOf = useAgendaErrorText();
  const { settings, feedPath, failure, refusal, remind, open, revoke } = useSettings();
  const [chosen, setChosen] = useState<number[] | null>(null);
  const [told, setTold] = useState('');

  async function save() {
    if (chosen && (await remind(chosen))) setTold(t('agenda.settings.saved'));
  }

  return (
    <Dialog size="lg" title={t('agenda.settings.title')} close={close}>
      <Stack>
        {failure && <FailureNote failure={failure} />}
        {refusal && <Note tone="error">{textOf(refusal)}</Note>}
        {!settings && !failure && <Skeleton h="8rem" aria-label={t('app.loading')} />}
        {settings && (
          <>
            <RemindersField
              label={t('agenda.settings.reminders')}
              reminders={chosen ?? settings.reminders}
              change={(reminders) => {
                setTold('');
                setChosen(reminders);
              }}
            />
            <Group justify="space-between">
              <Text role="status" size="sm" c="var(--accent)">
                {told}
              </Text>
              <Button onClick={() => void save()}>{t('app.save')}</Button>
            </Group>
            <Feed
              since={settings.feedSince ?? null}
              path={feedPath}
              open={() => void open()}
              revoke={() => void revoke()}
            />
          </>
        )}
      </Stack>
    </Dialog>
  );
}

/** The address for other calendars to subscribe to; it is shown once. */
function Feed({
  since,
  path,
  open,
  revoke,
}: {
  since: string | null;
  path: string | null;
  open: () => void;
  revoke: () => void;
}) {
  const { t } = useTranslation();
  const moment = useMoment();
  const address = path && `${location.origin}${path}`;
  return (
    <Stack component="section" gap="xs" aria-labelledby="agenda-feed">
      <Text id="agenda-feed" fw={600}>
        {t('agenda.settings.feed')}
      </Text>
      <Text size="sm" c="dimmed">
        {since ? t('agenda.settings.feedSince', { when: moment(since).short }) : t('agenda.settings.noFeed')}
      </Text>
      {address && (
        <Group align="flex-end" gap="xs" wrap="nowrap">
          <TextInput
            label={t('agenda.settings.address')}
            description={t('agenda.settings.addressHint')}
            readOnly
            style={{ flex: 1 }}
            value={address}
            onFocus={({ currentTarget }) => currentTarget.select()}
          />
          <CopyButton value={address}>
            {({ copied, copy }) => (
              <Button variant="default" onClick={copy}>
                {copied ? t('agenda.settings.copied') : t('agenda.settings.copy')}
              </Button>
            )}
          </CopyButton>
        </Group>
      )}
      <Group gap="xs">
        <Button variant="default" onClick={open}>
          {since ? t('agenda.settings.another') : t('agenda.settings.make')}
        </Button>
        {since && (
          <Button variant="default" c="red.9" onClick={revoke}>
            {t('agenda.settings.revoke')}
          </Button>
        )}
      </Group>
    </Stack>
  );
}
