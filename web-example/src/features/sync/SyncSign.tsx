import { Anchor } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { SyncSignFragment } from '../../api/gql/graphql';
import { Icon } from '../../app/Icon';
import { useAgo } from '../../i18n/useAgo';
import { useMoment } from '../../i18n/useMoment';
import { stateOf } from './states';
import classes from './SyncSign.module.css';

/** The Odoo sync status of a record, in a few words. */
export function SyncSign({ sync }: { sync: SyncSignFragment }) {
  const { t } = useTranslation();
  const ago = useAgo();
  const moment = useMoment();
  const state = stateOf(sync);
  const { lastSyncedAt, externalUrl } = sync;
  return (
    <span className={classes.place}>
      <span className={classes.sign} data-state={state}>
        <Icon name={state === 'error' || state === 'dead' ? 'late' : 'sync'} size={15} /> {t(`sync.sign.${state}`)}
        {state === 'synced' && lastSyncedAt && (
          <>
            {' '}
            <time dateTime={lastSyncedAt} title={moment(lastSyncedAt).long}>
              {ago(lastSyncedAt)}
            </time>
          </>
        )}
      </span>
      {externalUrl && (
        <Anchor href={externalUrl} target="_blank" rel="noreferrer" className={classes.link} aria-label={t('sync.openInTab')}>
          {t('sync.open')} <Icon name="external" size={14} />
        </Anchor>
      )}
    </span>
  );
}
