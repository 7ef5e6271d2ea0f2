import { Paper, Text } from '@mantine/core';
import type { CSSProperties } from 'react';
import { useTranslation } from 'react-i18next';
import type { ClientStatus } from '../../api/gql/graphql';
import { Figure } from '../../app/Figure';
import classes from './ByStatus.module.css';

type Props = { byStatus: { status: ClientStatus; count: number }[]; total: number };

/** A bar for each status. The same figures stand beside the bars, so screen readers skip the bars. */
export function ByStatus({ byStatus, total }: Props) {
  const { t, i18n } = useTranslation();
  const percent = new Intl.NumberFormat(i18n.language, { style: 'percent' });
  return (
    <Paper component="section" withBorder p="md" aria-labelledby="by-status">
      <h2 id="by-status" className={classes.title}>
        {t('dashboard.byStatus')}
      </h2>
      {total === 0 ? (
        <Text c="dimmed">{t('dashboard.empty')}</Text>
      ) : (
        <ul className={classes.bars}>
          {byStatus.map(({ status, count }) => (
            <li key={status} className={classes.row} data-status={status}>
              <span>{t(`status.${status}`)}</span>{' '}
              <span className={classes.bar} style={{ '--share': count / total } as CSSProperties} aria-hidden />
              <span className={classes.count}>
                <Figure value={count} />
              </span>{' '}
              <span className={classes.share}>{percent.format(count / total)}</span>
            </li>
          ))}
        </ul>
      )}
    </Paper>
  );
}
