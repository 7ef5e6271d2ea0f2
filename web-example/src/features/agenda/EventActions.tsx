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
import { leadsOn, unsentOf } from './unsent';
import { useAgendaErrorText } from './useAgendaErrorText';
import { type Sent, useSend, useSubject } from './useSend';
import { documents } from './works';

const transitions = {
  CONFIRM: documents.AgendaEventConfirm,
  COMPLETE: documents.AgendaEventComplete,
  MARK_NO_SHOW: documents.AgendaEventMarkNoShow,
  REOPEN: documents.AgendaEventReopen,
};

/** The actions that change the event. */
export type Change = Exclude<AgendaAction, 'CALL_CLIENT'>;

type Props = {
  event: AgendaEventDetailFragment;
  choose: (action: FormAction) => void;
  tell: (text: string) => void;
  done: (action: Change, sent: NonNullable<Sent>) => void;
};

const isKnown = (action: string): action is AgendaAction => Object.hasOwn(es.agenda.actions, action);
const isTransition = (action: AgendaAction): action is keyof typeof transitions => action in transitions;

/** The actions that the server offers for an event, and why the others are not possible. */
export function EventActions({ event, choose, tell, done }: Props) {
  const { t } = useTranslation();
  const textOf = useAgendaErrorText();
  const { send, sending, failure, refused } = useSend();
  const subjectOf = useSubject();
  const unsent = unsentOf(event.id, useWorks(documents));

  async function run(action: AgendaAction) {
    if (hasForm(action)) return choose(action);
    if (!isTransition(action)) return;
    tell('');
    const sent = await send(transitions[action], { id: event.id, expectedVersion: event.version }, subjectOf(event));
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
          // Unsent steps change which actions are possible, and only the server knows which: wait until they are sent.
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
