import { useTranslation } from 'react-i18next';
import { Icon } from '../app/Icon';
import classes from './WaitsSign.module.css';

/** Marks a change that is not sent yet. */
export function WaitsSign() {
  const { t } = useTranslation();
  return (
    <span className={classes.sign}>
      <Icon name="outbox" size={14} /> {t('offline.waits')}
    </span>
  );
}
