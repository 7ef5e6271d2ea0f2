import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMoment } from '../i18n/useMoment';
import { useLiveState } from '../live/Live';
import { useDevice, useWorks } from '../offline/Offline';
import { UnsentDialog } from '../offline/UnsentDialog';
import { Icon } from './Icon';
import classes from './OfflineState.module.css';

const DAY = 86_400_000;

/** Says when the data is not current or the live stream is down, and how many changes are unsent. */
export function OfflineState() {
  const { t } = useTranslation();
  const moment = useMoment();
  const away = useLiveState() === 'away';
  const oldest = useDevice().answers.useOldest();
  const works = useWorks();
  const [opened, setOpened] = useState(false);
  const refused = works.filter((work) => work.refused).length;
  const waits = works.length - refused;
  const at = oldest && moment(new Date(oldest).toISOString());
  const when = at && (Date.now() - oldest < DAY / 2 ? at.time : at.short);
  return (
    <div className={classes.bar} data-away={away || when ? true : undefined} data-refused={refused > 0 || undefined}>
      <p role="status">{when ? t('offline.asOf', { when }) : away && t('app.away')}</p>
      {works.length > 0 && (
        <button type="button" aria-haspopup="dialog" onClick={() => setOpened(true)}>
          <Icon name="outbox" size={15} />
          {[waits > 0 && t('offline.waiting', { count: waits }), refused > 0 && t('offline.refused', { count: refused })]
            .filter(Boolean)
            .join(' · ')}
        </button>
      )}
      {opened && <UnsentDialog close={() => setOpened(false)} />}
    </div>
  );
}
