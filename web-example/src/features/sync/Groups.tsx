import { Paper } from '@mantine/core';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SyncOverviewQuery } from '../../api/gql/graphql';
import { Icon } from '../../app/Icon';
import { useAgo } from '../../i18n/useAgo';
import { useMoment } from '../../i18n/useMoment';
import { type Act, FailureActions } from './FailureActions';
import { Failures } from './Failures';
import classes from './Groups.module.css';
import { useKind } from './useKind';

type Told = SyncOverviewQuery['syncFailureGroups'][number];
export type FailureGroup = Omit<Told, 'kind'> & { kinds: string[] };

/** Joins the server's groups, which are per kind of record, into those that are retried and discarded together. */
export function groupsOf(told: Told[]): FailureGroup[] {
  const groups = new Map<string, FailureGroup>();
  for (const { kind, ...group } of told) {
    const known = groups.get(group.fingerprint);
    if (!known) {
      groups.set(group.fingerprint, { ...group, kinds: [kind] });
      continue;
    }
    known.kinds.push(kind);
    known.count += group.count;
    if (Date.parse(group.firstAt) < Date.parse(known.firstAt)) known.firstAt = group.firstAt;
    if (Date.parse(group.lastAt) > Date.parse(known.lastAt)) known.lastAt = group.lastAt;
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}

type Props = Act & { groups: FailureGroup[] };

export const Groups = ({ groups, ...act }: Props) => (
  <ul className={classes.groups}>
    {groups.map((group) => (
      <Paper component="li" withBorder p="md" key={group.fingerprint}>
        <OneGroup group={group} {...act} />
      </Paper>
    ))}
  </ul>
);

/** Records that fail in the same way; lists them when opened. */
function OneGroup({ group, ...act }: Act & { group: FailureGroup }) {
  const { t } = useTranslation();
  const kind = useKind();
  const ago = useAgo();
  const moment = useMoment();
  const list = useId();
  const [opened, setOpened] = useState(false);
  const { fingerprint, error, hint, count, firstAt, lastAt } = group;
  const time = (at: string) => (
    <time dateTime={at} title={moment(at).long}>
      {ago(at)}
    </time>
  );
  return (
    <>
      <div className={classes.top}>
        <h3 className={classes.heading}>
          <button
            type="button"
            className={classes.toggle}
            aria-expanded={opened}
            aria-controls={list}
            onClick={() => setOpened(!opened)}
          >
            <span className={classes.arrow}>
              <Icon name="arrowDown" size={16} />
            </span>
            <span className={classes.error} data-opened={opened || undefined}>
              {error}
            </span>
          </button>
        </h3>
        <span className={classes.count}>{t('sync.count', { count })}</span>
      </div>
      <div className={classes.body}>
        {hint && <p className={classes.hint}>{t('sync.hint', { hint })}</p>}
        <p className={classes.meta}>
          <span>{group.kinds.map(kind.all).join(', ')}</span>
          {firstAt === lastAt ? (
            <span>
              {t('sync.since')} {time(firstAt)}
            </span>
          ) : (
            <>
              <span>
                {t('sync.first')} {time(firstAt)}
              </span>
              <span>
                {t('sync.last')} {time(lastAt)}
              </span>
            </>
          )}
        </p>
        <FailureActions
          which={{ fingerprint }}
          what={error}
          asked={`${t('sync.count', { count })}: ${error}`}
          {...act}
        />
        <div id={list} className={classes.list} hidden={!opened}>
          {opened && <Failures fingerprint={fingerprint} error={error} {...act} />}
        </div>
      </div>
    </>
  );
}
