import { Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useClient } from 'urql';
import { type Failure, failureIn } from '../../api/failure';
import {
  ClientActivateDocument, ClientBlockDocument, type ClientChangeFragment, ClientDeactivateDocument,
  type ClientDetailFragment, ClientUnblockDocument,
} from '../../api/gql/graphql';
import { useKeyed } from '../../api/key';
import { ActionButton } from '../../app/ActionButton';
import { FailureNote } from '../../app/FailureNote';
import { Note } from '../../app/Note';
import { useUserErrorText } from '../../i18n/texts';
import { BlockDialog } from './BlockDialog';
import { ConflictList } from './ConflictList';

const transitions = {
  ACTIVATE: ClientActivateDocument,
  DEACTIVATE: ClientDeactivateDocument,
  BLOCK: ClientBlockDocument,
  UNBLOCK: ClientUnblockDocument,
};
type Transition = keyof typeof transitions;

/** The changes of status; the server says which of them are possible, and why the others are not. */
export function ClientActions({ client }: { client: ClientDetailFragment }) {
  const { t } = useTranslation();
  const textOf = useUserErrorText();
  const api = useClient();
  const keyed = useKeyed();
  const [running, setRunning] = useState<Transition | null>(null);
  const [blocking, setBlocking] = useState(false);
  const [told, setTold] = useState('');
  const [failure, setFailure] = useState<Failure | null>(null);
  const [refused, setRefused] = useState<ClientChangeFragment | null>(null);

  async function run(action: Transition, reason?: string) {
    if (running) return;
    setRunning(action);
    setTold('');
    setRefused(null);
    const input = keyed({ id: client.id, expectedVersion: client.version, ...(reason && { reason }) });
    const { data, error } = await api.mutation(transitions[action], { input }, refetching);
    setRunning(null);
    setFailure(error ? failureIn(error) : null);
    if (!data) return;
    const { userErrors, conflict } = data.payload;
    if (userErrors.length > 0 || conflict.length > 0) setRefused(data.payload);
    else setTold(t(`actions.done.${action}`));
  }

  return (
    <Stack component="section" gap="xs" aria-label={t('actions.title')}>
      <Group gap="xs">
        {client.availableActions.map(({ action, enabled, blockedBy }) => {
          if (!isTransition(action)) return null;
          const why = blockedBy ? textOf(blockedBy) : '';
          return (
            <ActionButton
              key={action}
              name={t(`actions.${action}`)}
              why={enabled ? '' : why}
              loading={running === action}
              act={() => (action === 'BLOCK' ? setBlocking(true) : void run(action))}
              tell={() => setTold(t('actions.notNow', { action: t(`actions.${action}`), why }))}
            />
          );
        })}
      </Group>
      <Text role="status" size="sm">
        {told}
      </Text>
      {failure && <FailureNote failure={failure} />}
      {refused && (
        <Note tone="error" title={refused.conflict.length > 0 ? t('conflict.title') : undefined}>
          {refused.userErrors.map((error) => error.code !== 'CONFLICT' && <p key={error.code}>{textOf(error)}</p>)}
          {refused.conflict.length > 0 && <p>{t('conflict.introPlain')}</p>}
          <ConflictList conflicts={refused.conflict} />
        </Note>
      )}
      {blocking && (
        <BlockDialog
          name={client.name}
          close={(reason) => {
            setBlocking(false);
            if (reason) void run('BLOCK', reason);
          }}
        />
      )}
    </Stack>
  );
}

// A change of status also adds to the history, whose entries the answer does not contain.
const refetching = { additionalTypenames: ['Client', 'EventLogEntry'] };

const isTransition = (action: string): action is Transition => action in transitions;
