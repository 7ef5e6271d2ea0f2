import { useState } from 'react';
import type { Failure } from '../../api/failure';
import type { AgendaChangeFragment, AgendaEventFragment } from '../../api/gql/graphql';
import { useKeyed } from '../../api/key';
import { useDevice } from '../../offline/Offline';
import type { Doable, Subject } from '../../offline/works';
import { useViewer } from '../../session/Viewer';
import { pathTo } from './path';
import { daysOf } from './place';

/** The server's answer when it was saved, or `waits` when it is queued; null when it failed, which is shown already. */
export type Sent = AgendaChangeFragment | 'waits' | null;

/** The title of an event and the path to its day, for the list of unsent changes. */
export function useSubject() {
  const { timeZone } = useViewer();
  return (event: AgendaEventFragment): Subject => ({ title: event.title, path: pathTo('day', daysOf(event, timeZone)[0]) });
}

/** Sends a change to an event, and keeps the failure or refusal to be shown. */
export function useSend() {
  const { queue } = useDevice();
  const keyed = useKeyed();
  const [sending, setSending] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [refused, setRefused] = useState<AgendaChangeFragment | null>(null);

  async function send<Input extends object>(
    document: Doable<Input, AgendaChangeFragment>,
    input: NoInfer<Input>,
    about: Subject,
    /** Called with a refusal, which contains the event as it is now. */
    onRefused?: (payload: AgendaChangeFragment) => void,
  ): Promise<Sent> {
    setSending(true);
    setFailure(null);
    setRefused(null);
    const outcome = await queue.run(document, keyed(input), about);
    setSending(false);
    if ('waits' in outcome) return 'waits';
    if ('failure' in outcome) {
      setFailure(outcome.failure);
      return null;
    }
    const { payload } = outcome;
    if (payload.userErrors.length === 0 && payload.conflict.length === 0) return payload;
    setRefused(payload);
    onRefused?.(payload);
    return null;
  }

  return { send, sending, failure, refused };
}
