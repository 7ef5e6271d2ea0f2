import { Button, Group, Tooltip } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import {
  type AgendaAction, type AgendaChangeFragment, AgendaEventCompleteDocument, AgendaEventConfirmDocument,
  type AgendaEventDetailFragment, AgendaEventMarkNoShowDocument, AgendaEventReopenDocument,
} from '../../api/gql/graphql';
import { FailureNote } from '../../app/FailureNote';
import { Icon } from '../../app/Icon';
import es from '../../i18n/es.json';
import classes from '../clients/ClientActions.module.css';
import { type FormAction, hasForm } from './forms';
import { Refused } from './Refused';
import { useAgendaErrorText } from './useAgendaErrorText';
import { useSend } from './useSend';

const transitions = {
  CONFIRM: AgendaEventConfirmDocument,
  COMPLETE: AgendaEventCompleteDocument,
  MARK_NO_SHOW: AgendaEventMarkNoShowDocument,
  REOPEN: AgendaEventReopenDocument,
};

type Props = {
  event: AgendaEventDetailFragment;
  choose: (action: FormAction) => void;
  tell: (text: string) => void;
  done: (action: AgendaAction, payload: AgendaChangeFragment) => void;
};

const everyWay = { hover: true, focus: true, touch: true };
const isKnown = (action: string): action is AgendaAction => Object.hasOwn(es.agenda.actions, action);
const isTransition = (action: AgendaAction): action is keyof typeof transitions => action in transitions;

/** What the server says can be done with an event, and why the rest can not. */
export function EventActions({ event, choose, tell, done }: Props) {
  const { t } = useTranslation();
  const textOf = useAgendaErrorText();
  const { send, sending, failure, refused } = useSend();

  async function run(action: AgendaAction) {
    if (hasForm(action)) return choose(action);
    if (!isTransition(action)) return;
    tell('');
    const payload = await send(transitions[action], { id: event.id, expectedVersion: event.version });
    if (payload) done(action, payload);
  }

  return (
    <section aria-label={t('actions.title')}>
      <Group gap="xs">
        {event.availableActions.map(({ action, enabled, blockedBy }) => {
          if (!isKnown(action)) return null;
          const name = t(`agenda.actions.${action}`);
          const phone = action === 'CALL_CLIENT' && enabled ? event.client?.phone : null;
          if (phone) {
            return (
              <Button
                key={action}
                component="a"
                href={`tel:${phone}`}
                variant="default"
                leftSection={<Icon name="call" size={15} />}
              >
                {name}
              </Button>
            );
          }
          const why = blockedBy ? textOf(blockedBy) : '';
          return (
            <Tooltip
              key={action}
              label={why}
              disabled={!why}
              position="bottom"
              multiline
              maw={320}
              withArrow
              events={everyWay}
            >
              <Button
                variant="default"
                className={classes.action}
                aria-disabled={Boolean(why)}
                data-disabled={Boolean(why) || undefined}
                onClick={() => (why ? tell(t('actions.notNow', { action: name, why })) : sending || void run(action))}
              >
                {name}
              </Button>
            </Tooltip>
          );
        })}
      </Group>
      {failure && <FailureNote failure={failure} />}
      {refused && <Refused refused={refused} />}
    </section>
  );
}
