import { Button, Group, Paper, Stack, Text, Textarea } from '@mantine/core';
import { type FormEvent, type KeyboardEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Failure } from '../../api/failure';
import type { ClientDetailFragment } from '../../api/gql/graphql';
import { newKey } from '../../api/key';
import { FailureNote } from '../../app/FailureNote';
import { Icon } from '../../app/Icon';
import { Note } from '../../app/Note';
import { useUserErrorText } from '../../i18n/texts';
import { useDevice } from '../../offline/Offline';
import classes from './AppendForm.module.css';
import { fresh, useDraft } from './draft';
import { iconOf, writable } from './kinds';
import { pathOf } from './path';
import { documents } from './works';

const LONGEST = 10_000;

/** Adds an entry to the history. Offline, the entry waits on this device and is sent later. */
export function AppendForm({ client }: { client: ClientDetailFragment }) {
  const { t } = useTranslation();
  const textOf = useUserErrorText();
  const [draft, keep] = useDraft(client.id);
  const { queue } = useDevice();
  const [fetching, setFetching] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [told, setTold] = useState('');
  const [refusal, setRefusal] = useState('');
  const sending = useRef(false);
  const input = useRef<HTMLTextAreaElement>(null);
  const tooLong = [...draft.text].length > LONGEST;
  const blockedBy = client.availableActions.find(({ action }) => action === 'APPEND_TO_EVENT_LOG')?.blockedBy;

  async function submit(event: FormEvent) {
    event.preventDefault();
    const text = draft.text.trim();
    if (!text || tooLong) return input.current?.focus();
    if (sending.current) return;
    sending.current = true;
    setTold('');
    setRefusal('');
    setFailure(null);
    setFetching(true);
    const outcome = await queue.run(
      documents.EventlogAppend,
      { clientId: client.id, kind: draft.kind, text, idempotencyKey: draft.key },
      { title: client.name, path: pathOf(client.id), text },
    );
    setFetching(false);
    sending.current = false;
    // Keep the draft and its key for another try.
    if ('failure' in outcome) return setFailure(outcome.failure);
    const refused = 'payload' in outcome ? outcome.payload.userErrors[0] : undefined;
    if ('waits' in outcome) {
      keep(fresh(draft.kind));
      setTold(t('offline.kept'));
    } else if (!refused) {
      keep(fresh(draft.kind));
      setTold(t('append.done'));
    } else if (refused.code === 'IDEMPOTENCY_MISMATCH') {
      // An earlier attempt was saved although its answer was lost, and the text was changed since.
      keep({ ...draft, key: newKey() });
      setRefusal(t('append.earlierKept'));
    } else {
      setRefusal(textOf(refused));
    }
    input.current?.focus();
  }

  const sendByKey = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void submit(event);
  };

  if (blockedBy) return <Note>{textOf(blockedBy)}</Note>;
  return (
    <Paper component="form" withBorder p="md" onSubmit={submit} aria-label={t('append.title')}>
      <Stack gap="sm">
        <fieldset className={classes.kinds}>
          <legend>{t('append.kind')}</legend>
          {writable.map((kind) => (
            <label key={kind} className={classes.kind}>
              <input
                type="radio"
                name="kind"
                value={kind}
                checked={draft.kind === kind}
                onChange={() => keep({ ...draft, kind })}
              />
              <Icon name={iconOf[kind]} size={16} />
              {t(`kinds.${kind}`)}
            </label>
          ))}
        </fieldset>
        <Textarea
          ref={input}
          label={t('append.text')}
          placeholder={t('append.placeholder')}
          autosize
          minRows={2}
          maxRows={12}
          error={tooLong && t('append.tooLong', { max: LONGEST })}
          readOnly={fetching}
          value={draft.text}
          onChange={(event) => {
            setTold('');
            keep({ ...draft, text: event.currentTarget.value });
          }}
          onKeyDown={sendByKey}
        />
        {failure && <FailureNote failure={failure} />}
        {refusal && <Note tone="error">{refusal}</Note>}
        <Group justify="space-between">
          <Text role="status" size="sm" className={classes.told}>
            {told}
          </Text>
          <Button type="submit" aria-busy={fetching}>
            {t('append.send')}
          </Button>
        </Group>
      </Stack>
    </Paper>
  );
}
