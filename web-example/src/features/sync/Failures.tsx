import { Anchor, Skeleton, Text } from '@mantine/core';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { Link } from 'wouter';
import { failureIn } from '../../api/failure';
import { type SyncFailureFragment, SyncFailuresDocument } from '../../api/gql/graphql';
import { FailureNote } from '../../app/FailureNote';
import { More, type PagesLeft, useFocusOnNew } from '../../app/More';
import { useAgo } from '../../i18n/useAgo';
import { useMoment } from '../../i18n/useMoment';
import { useChanges } from '../../live/Live';
import { kindOf, useThing } from '../Feature';
import { type Act, FailureActions } from './FailureActions';
import classes from './Failures.module.css';
import { Payload, valuesOf } from './Payload';
import { stateOf } from './states';
import { SyncSign } from './SyncSign';
import { CALM, useConcerns } from './useConcerns';
import { useKind } from './useKind';

type Props = Act & { fingerprint: string; error: string };

/** The failures of one group, newest first. */
export function Failures(props: Props) {
  const [pages, setPages] = useState(1);
  return <Pages {...props} after={null} left={pages} more={() => setPages(pages + 1)} />;
}

// An empty list contains no SyncState, so the cache could not tell that an action affects it.
const context = { additionalTypenames: ['SyncState'] };

type PagesProps = Props & PagesLeft;

/** One page and, from its last cursor, the pages after it; so a removed failure moves the following ones along. */
function Pages({ after, left, more, ...props }: PagesProps) {
  const { t } = useTranslation();
  const list = useRef<HTMLUListElement>(null);
  const { fingerprint } = props;
  const [query, ask] = useQuery({ query: SyncFailuresDocument, variables: { fingerprint, after }, context });
  const { data, error, fetching } = query;
  const refetch = () => ask({ requestPolicy: 'network-only' });
  useChanges(useConcerns(), query, refetch, CALM);
  useFocusOnNew(list, { after, loaded: Boolean(data) });
  if (error && !data) return <FailureNote failure={failureIn(error)} retry={refetch} />;
  if (!data) return <Skeleton h="6rem" aria-label={t('app.loading')} />;
  const { nodes, pageInfo } = data.syncFailures;
  return (
    <>
      <ul ref={list} className={classes.list} aria-busy={fetching}>
        {nodes.map((failure) => (
          <li key={failure.id} className={classes.failure}>
            <Row failure={failure} {...props} />
          </li>
        ))}
      </ul>
      <More pageInfo={pageInfo} left={left} more={more} next={(page) => <Pages {...props} {...page} />} />
    </>
  );
}

function Row({ failure, error, ...act }: Props & { failure: SyncFailureFragment }) {
  const { t } = useTranslation();
  const ago = useAgo();
  const moment = useMoment();
  const kind = useKind();
  const { id, subjectId, lastError, failedAt, payload, nextAttemptAt } = failure;
  const name = useName(subjectId, payload);
  const thing = useThing(kindOf(subjectId));
  const what = `${kind.one(kindOf(subjectId))}: ${name}`;
  return (
    <>
      <div className={classes.top}>
        <div className={classes.subject}>
          <span className={classes.kind}>{kind.one(kindOf(subjectId))}</span>{' '}
          {thing ? (
            <Anchor component={Link} href={thing.pathOf(subjectId)} className={classes.name}>
              {name}
            </Anchor>
          ) : (
            <span className={name === subjectId ? classes.nameless : classes.name}>{name}</span>
          )}
        </div>
        <FailureActions which={{ ids: [id] }} what={what} {...act} />
      </div>
      <div className={classes.foot}>
        <SyncSign sync={failure} />
        {failedAt && (
          <span>
            {t('sync.since')}{' '}
            <time dateTime={failedAt} title={moment(failedAt).long}>
              {ago(failedAt)}
            </time>
          </span>
        )}
        {stateOf(failure) === 'error' && nextAttemptAt && <span>{t('sync.next', { when: moment(nextAttemptAt).time })}</span>}
      </div>
      {lastError && lastError !== error && <p className={classes.error}>{lastError}</p>}
      {valuesOf(payload).length > 0 ? (
        <details className={classes.content}>
          <summary>{t('sync.payload')}</summary>
          <Payload payload={payload} />
        </details>
      ) : (
        <Text size="sm" c="dimmed">
          {t('sync.noPayload')}
        </Text>
      )}
    </>
  );
}

const LONGEST = 80;

/** The name of a record: from the payload or, if its feature has a query for that, fetched. Otherwise its id. */
function useName(subjectId: string, payload: unknown): string {
  const values = Object.fromEntries(valuesOf(payload));
  const told = [values.name, values.body].find((value) => typeof value === 'string' && value !== '');
  const name = useThing(kindOf(subjectId))?.name;
  const [{ data }] = useQuery<{ thing?: { name: string } | null }>({
    query: name ?? '{ __typename }',
    variables: { id: subjectId },
    pause: Boolean(told) || !name,
    requestPolicy: 'cache-first',
  });
  if (typeof told !== 'string') return data?.thing?.name ?? subjectId;
  const [line = ''] = told.split('\n');
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}
