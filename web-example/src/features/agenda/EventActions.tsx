import { Button, Group } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { AgendaAction, AgendaEventDetailFragment } from '../../api/gql/graphql';
import { ActionButton } from '../../app/ActionButton';
import { FailureNote } from '../../app/FailureNote';
import { Icon } from '../../app/Icon';
import es from '../../i18n/es.json';
import { useWorks } from '../../offline/Offline';
import { type FormAction, hasForm } from './forms';
import { Refused } from './Refused';
import { useAgendaErrorText } from './useAgendaErrorText';
import { leadsOn, unsentOf } from './unsent';
import { type Sent, useAbout, useSend } from './useSend';

const transitions = {
  CONFIRM: 'AgendaEventConfirm',
  COMPLETE: 'AgendaEventComplete',
  MARK_NO_SHOW: 'AgendaEventMarkNoShow',
  REOPEN: 'AgendaEventReopen',
} as const;

type Props = {
  event: AgendaEventDetailFragment;
  choose: (action: FormAction) => void;
  tell: (text: string) => void;
  done: (action: AgendaAction, sent: NonNullable<Sent>) => void;
};

const isKnown = (action: string): action is AgendaAction => Object.hasOwn(es.agenda.actions, action);
const isTransition = (action: AgendaAction): action is keyof typeof transitions => action in transitions;

/** What the server says can be done with an event, and why the rest can not. */
export function EventActions({ event, choose, tell, done }: Props) {
  const { t } = useTranslation();
  const textOf = useAgendaErrorText();
  const { send, sending, failure, refused } = useSend();
  const aboutOf = useAbout();
  const unsent = unsentOf(event.id, useWorks());

  async function run(action: AgendaAction) {
    if (hasForm(action)) return choose(action);
    if (!isTransition(action)) return;
    tell('');
    const sent = await send(transitions[action], { id: event.id, expectedVersion: event.version }, aboutOf(event));
    if (sent) done(action, sent);
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
          // What the server said was of before; which steps come next it says when it has heard of this one.
          const steps = isTransition(action) || action === 'CANCEL';
          const why = blockedBy ? textOf(blockedBy) : steps && unsent.some(leadsOn) ? t('offline.firstSent') : '';
          return (
            <ActionButton
              key={action}
              name={name}
              why={why}
              act={() => sending || void run(action)}
              tell={() => tell(t('actions.notNow', { action: name, why }))}
            />
          );
        })}
      </Group>
      {failure && <FailureNote failure={failure} />}
      {refused && <Refused refused={refused} />}
    </section>
  );
}
