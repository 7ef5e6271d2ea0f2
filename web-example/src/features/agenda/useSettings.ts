import { useState } from 'react';
import { useClient, useQuery } from 'urql';
import { type Failure, failureIn } from '../../api/failure';
import {
  AgendaFeedCreateDocument, AgendaFeedRevokeDocument, AgendaOwnSettingsDocument, type AgendaSettingsChangeFragment,
  AgendaSettingsUpdateDocument,
} from '../../api/gql/graphql';
import { useKeyed } from '../../api/key';

type Answer = {
  data?: { payload: AgendaSettingsChangeFragment } | undefined;
  error?: Parameters<typeof failureIn>[0] | undefined;
};

/** The person's own agenda settings. */
export function useSettings() {
  const api = useClient();
  const keyed = useKeyed();
  const [{ data, error }, ask] = useQuery({ query: AgendaOwnSettingsDocument });
  const [failure, setFailure] = useState<Failure | null>(null);
  const [refusal, setRefusal] = useState<AgendaSettingsChangeFragment['userErrors'][number] | null>(null);
  const [feedPath, setFeedPath] = useState<string | null>(null);
  const settings = data?.agendaSettings;

  async function run(answer: Promise<Answer>): Promise<boolean> {
    const { data: answered, error: failed } = await answer;
    setFailure(failed ? failureIn(failed) : null);
    setRefusal(answered?.payload.userErrors[0] ?? null);
    setFeedPath(answered?.payload.feedPath ?? null);
    ask({ requestPolicy: 'network-only' });
    return Boolean(answered && answered.payload.userErrors.length === 0);
  }

  return {
    settings,
    feedPath,
    refusal,
    failure: failure ?? (error && !data ? failureIn(error) : null),
    remind: (reminders: number[]) =>
      run(
        api
          .mutation(AgendaSettingsUpdateDocument, {
            input: keyed({ expectedVersion: settings?.version ?? 0, reminders }),
          })
          .toPromise(),
      ),
    // Without an idempotency key: each call makes a new address, which is shown once.
    open: () => run(api.mutation(AgendaFeedCreateDocument, { input: {} }).toPromise()),
    revoke: () => run(api.mutation(AgendaFeedRevokeDocument, { input: {} }).toPromise()),
  };
}
