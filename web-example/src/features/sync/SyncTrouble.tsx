import { Button, VisuallyHidden } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMutation } from 'urql';
import { failureIn } from '../../api/failure';
import { type SyncSignFragment, SyncRequestDocument } from '../../api/gql/graphql';
import { newKey } from '../../api/key';
import { FailureNote } from '../../app/FailureNote';
import { Note } from '../../app/Note';
import { useUserErrorText } from '../../i18n/texts';
import { useMoment } from '../../i18n/useMoment';
import { stateOf } from './states';
import classes from './SyncTrouble.module.css';

type Props = { id: string; sync: SyncSignFragment; heard: (sync: SyncSignFragment) => void };

/** Why a record is not in sync with Odoo, and a button to send it again. Nothing while it is in sync. */
export function SyncTrouble({ id, sync, heard }: Props) {
  const { t } = useTranslation();
  const textOf = useUserErrorText();
  const moment = useMoment();
  const [{ fetching, error }, request] = useMutation(SyncRequestDocument);
  const [refusal, setRefusal] = useState('');
  const state = stateOf(sync);
  const { lastError, hint, nextAttemptAt, discarded } = sync;

  async function sendAgain() {
    setRefusal('');
    const { data } = await request({ input: { id, idempotencyKey: newKey() } });
    if (!data) return;
    const refused = data.syncRequest.userErrors[0];
    if (refused) setRefusal(textOf(refused));
    else if (data.syncRequest.sync) heard(data.syncRequest.sync);
  }

  if (state === 'synced') return <Told text="" />;
  if (state === 'pending') {
    return (
      <>
        <Told text="" />
        {lastError && (
          <details className={classes.why}>
            <summary>{t('sync.whyPending')}</summary>
            <p>{lastError}</p>
            {hint && <p className={classes.hint}>{t('sync.hint', { hint })}</p>}
          </details>
        )}
      </>
    );
  }
  return (
    <>
      <Told text={state === 'discarded' ? '' : t(`sync.sign.${state}`)} />
      <section className={classes.trouble} data-state={state} aria-label={t('sync.trouble')}>
        <div className={classes.text}>
          <p>
            {t(`sync.told.${state}`)}
            {state === 'error' && nextAttemptAt && ` ${t('sync.next', { when: moment(nextAttemptAt).time })}`}
          </p>
          {discarded && <p className={classes.reason}>{t('sync.discardedWhy', { reason: discarded })}</p>}
          {lastError && <p className={classes.reason}>{t('sync.reason', { error: lastError })}</p>}
          {hint && state !== 'discarded' && <p className={classes.hint}>{t('sync.hint', { hint })}</p>}
          {refusal && <Note tone="error">{refusal}</Note>}
          {error && !fetching && <FailureNote failure={failureIn(error)} />}
        </div>
        <Button size="compact-sm" variant="default" loading={fetching} onClick={() => void sendAgain()}>
          {t('sync.sendAgain')}
        </Button>
      </section>
    </>
  );
}

/** Announces a failure to screen readers. Being in sync again is not worth an interruption. */
const Told = ({ text }: { text: string }) => <VisuallyHidden role="status">{text}</VisuallyHidden>;
