import { Skeleton, Text } from '@mantine/core';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { failureIn } from '../../api/failure';
import { ClientHistoryDocument, type HistoryEntryFragment } from '../../api/gql/graphql';
import { FailureNote } from '../../app/FailureNote';
import { Icon } from '../../app/Icon';
import { More, type PagesLeft, useFocusOnNew } from '../../app/More';
import { useMoment } from '../../i18n/useMoment';
import { useWorks } from '../../offline/Offline';
import { WaitsSign } from '../../offline/WaitsSign';
import { useViewer } from '../../session/Viewer';
import { useClientChanges } from './changes';
import classes from './History.module.css';
import { iconOf } from './kinds';
import { useEntryText } from './useEntryText';
import { documents } from './works';

/** The history of a client, newest first. */
export function History({ clientId }: { clientId: string }) {
  const [pages, setPages] = useState(1);
  return (
    <div className={classes.history}>
      <Unsent clientId={clientId} />
      <Pages clientId={clientId} after={null} left={pages} more={() => setPages(pages + 1)} />
    </div>
  );
}

// An empty history contains no entry, so the cache could not tell that a new one affects it.
const context = { additionalTypenames: ['EventLogEntry'] };

type Props = PagesLeft & { clientId: string };

/** One page and, from its last cursor, the pages after it; so a new entry on top moves the following ones along. */
function Pages({ clientId, after, left, more }: Props) {
  const { t } = useTranslation();
  const list = useRef<HTMLOListElement>(null);
  const [query, ask] = useQuery({
    query: ClientHistoryDocument,
    variables: { id: clientId, after },
    context,
  });
  const { data, error, fetching } = query;
  useClientChanges(clientId, query, () => ask({ requestPolicy: 'network-only' }));
  useFocusOnNew(list, { after, loaded: Boolean(data) });

  if (error && !data) return <FailureNote failure={failureIn(error)} retry={() => ask({ requestPolicy: 'network-only' })} />;
  if (!data) return <Skeleton h="8rem" aria-label={t('app.loading')} />;
  if (!data.client) return null;
  const { nodes, pageInfo } = data.client.eventLog;
  if (!after && nodes.length === 0) return <Text c="dimmed">{t('history.empty')}</Text>;
  return (
    <>
      <ol ref={list} className={classes.entries} aria-busy={fetching}>
        {nodes.map((entry) => (
          <li key={entry.id} className={classes.entry} tabIndex={-1}>
            <Entry entry={entry} />
          </li>
        ))}
      </ol>
      <More pageInfo={pageInfo} left={left} more={more} next={(page) => <Pages clientId={clientId} {...page} />} />
    </>
  );
}

/** Entries written on this device and not sent yet, newest first. */
function Unsent({ clientId }: { clientId: string }) {
  const { t } = useTranslation();
  const { name } = useViewer();
  const unsent = useWorks(documents).filter(({ input, refused }) => input.clientId === clientId && !refused);
  if (unsent.length === 0) return null;
  return (
    <ol className={classes.entries} aria-label={t('offline.unsent')}>
      {unsent.toReversed().map(({ key, at, input }) => (
        <li key={key} className={classes.entry} data-waits>
          <Entry
            entry={{
              __typename: 'EventLogEntry', id: key, kind: input.kind, text: input.text, payload: null,
              occurredAt: new Date(at).toISOString(), author: { __typename: 'Author', kind: 'USER', name },
            }}
          />
          <WaitsSign />
        </li>
      ))}
    </ol>
  );
}

function Entry({ entry }: { entry: HistoryEntryFragment }) {
  const { t } = useTranslation();
  const { short, long } = useMoment()(entry.occurredAt);
  const textOf = useEntryText();
  return (
    <>
      <span className={classes.icon} data-kind={entry.kind}>
        <Icon name={iconOf[entry.kind]} />
      </span>
      <div className={classes.meta}>
        <strong>{t(`kinds.${entry.kind}`)}</strong> <span>{t('history.by', { author: entry.author.name })}</span>{' '}
        <time dateTime={entry.occurredAt} title={long}>
          {short}
        </time>
      </div>
      <p className={classes.text}>{textOf(entry)}</p>
    </>
  );
}
