import { Paper, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { SyncOverviewQuery, SyncStatus } from '../../api/gql/graphql';
import { Figure } from '../../app/Figure';
import classes from './Counts.module.css';
import { useKind } from './useKind';

const columns = [
  { name: 'synced', statuses: ['SYNCED'] },
  { name: 'pending', statuses: ['PENDING', 'IN_FLIGHT'] },
  { name: 'error', statuses: ['ERROR'] },
  { name: 'dead', statuses: ['DEAD'] },
] as const satisfies { name: string; statuses: SyncStatus[] }[];

/** How many records of each kind have which status. */
export function Counts({ counts }: { counts: SyncOverviewQuery['syncCounts'] }) {
  const { t } = useTranslation();
  const kindText = useKind();
  const kinds = [...new Set(counts.map(({ kind }) => kind))].sort();
  const countOf = (kind: string, statuses: readonly SyncStatus[]) =>
    counts.filter((each) => each.kind === kind && statuses.includes(each.status)).reduce((sum, { count }) => sum + count, 0);
  return (
    <Paper component="section" withBorder p="md" aria-labelledby="sync-counts">
      <h2 id="sync-counts" className={classes.title}>
        {t('sync.counts')}
      </h2>
      {kinds.length === 0 ? (
        <Text c="dimmed">{t('sync.noCounts')}</Text>
      ) : (
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">{t('sync.things')}</th>
              {columns.map(({ name }) => (
                <th key={name} scope="col">
                  {t(`sync.columns.${name}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {kinds.map((kind) => (
              <tr key={kind}>
                <th scope="row">{kindText.all(kind)}</th>
                {columns.map(({ name, statuses }) => {
                  const count = countOf(kind, statuses);
                  return (
                    <td key={name} data-column={name} data-none={count === 0 || undefined}>
                      <Figure value={count} />
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {countsOf(counts, 'DEAD') > 0 && (
        <Text size="sm" c="dimmed" mt="xs">
          {t('sync.deadMeans')}
        </Text>
      )}
    </Paper>
  );
}

const countsOf = (counts: SyncOverviewQuery['syncCounts'], of: SyncStatus) =>
  counts.filter(({ status }) => status === of).reduce((sum, { count }) => sum + count, 0);
