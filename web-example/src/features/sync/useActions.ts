import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useClient } from 'urql';
import { type Failure, failureIn } from '../../api/failure';
import {
  type FailuresChangeFragment, SyncDiscardDocument, type SyncDiscardInput, SyncRetryDocument,
} from '../../api/gql/graphql';
import { useUserErrorText } from '../../i18n/texts';

/** Which failures are meant: some, those of a group, or all. */
export type Which = { ids: string[] } | { fingerprint: string } | { all: true };
/** Why nothing was done. */
export type Trouble = { failure: Failure } | { refusal: string };

// The answers contain no SyncState, so the cache could not tell what they affect.
const refetching = { additionalTypenames: ['SyncState'] };

/** Retries and discards failures, and says how that ended. The feed updates the other screens. */
export function useActions(done: () => void) {
  const { t } = useTranslation();
  const textOf = useUserErrorText();
  const api = useClient();
  const [running, setRunning] = useState(false);
  const [told, setTold] = useState('');
  const [trouble, setTrouble] = useState<Trouble | null>(null);

  type Answer = { data?: { payload: FailuresChangeFragment } | undefined; error?: Parameters<typeof failureIn>[0] | undefined };
  async function run(answer: Promise<Answer>, text: 'retried' | 'discarded'): Promise<Trouble | null> {
    setRunning(true);
    setTold('');
    setTrouble(null);
    const { data, error } = await answer;
    setRunning(false);
    if (!data) return error ? { failure: failureIn(error) } : null;
    const refused = data.payload.userErrors[0];
    if (refused) return { refusal: textOf(refused) };
    setTold(t(`sync.${text}`, { count: data.payload.ids.length }));
    done();
    return null;
  }

  return {
    running, told, trouble,
    async retry(which: Which) {
      if (running) return;
      setTrouble(await run(api.mutation(SyncRetryDocument, { input: which }, refetching).toPromise(), 'retried'));
    },
    /** Returns what went wrong, for the dialog that asks for the reason. */
    async discard(which: Which, reason: string): Promise<Trouble | null> {
      if (running) return null;
      const input: SyncDiscardInput = { ...which, reason };
      return run(api.mutation(SyncDiscardDocument, { input }, refetching).toPromise(), 'discarded');
    },
  };
}
