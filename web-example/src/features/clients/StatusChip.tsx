import { useTranslation } from 'react-i18next';
import type { ClientStatus } from '../../api/gql/graphql';
import classes from './StatusChip.module.css';

export function StatusChip({ status }: { status: ClientStatus }) {
  const { t } = useTranslation();
  return (
    <span className={classes.chip} data-status={status}>
      {t(`status.${status}`)}
    </span>
  );
}
