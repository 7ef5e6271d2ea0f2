import type { TypedDocumentNode } from '@urql/core';
import { useState } from 'react';
import { useClient } from 'urql';
import { type Failure, failureIn } from '../../api/failure';
import type { AgendaChangeFragment } from '../../api/gql/graphql';
import { useKeyed } from '../../api/key';

// A change also writes into the history of the client, which the answer does not contain.
const context = { additionalTypenames: ['AgendaEvent', 'EventLogEntry'] };

/** Sends a change of the agenda; what was refused stays to be shown, with the event as it is now. */
export function useSend() {
  const api = useClient();
  const keyed = useKeyed();
  const [sending, setSending] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [refused, setRefused] = useState<AgendaChangeFragment | null>(null);

  /** The answer when it was written; null when not. */
  async function send<Input extends object>(
    document: TypedDocumentNode<{ payload: AgendaChangeFragment }, { input: Input }>,
    input: Input,
    /** Hears a refusal, which tells how the event is now. */
    onRefused?: (payload: AgendaChangeFragment) => void,
  ): Promise<AgendaChangeFragment | null> {
    setSending(true);
    setFailure(null);
    setRefused(null);
    const { data, error } = await api.mutation(document, { input: keyed(input) }, context);
    setSending(false);
    if (error || !data) {
      setFailure(error ? failureIn(error) : null);
      return null;
    }
    const { payload } = data;
    if (payload.userErrors.length === 0 && payload.conflict.length === 0) return payload;
    setRefused(payload);
    onRefused?.(payload);
    return null;
  }

  return { send, sending, failure, refused };
}
