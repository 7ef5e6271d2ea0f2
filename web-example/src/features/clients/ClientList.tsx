import { Paper, Skeleton, Text, Title } from '@mantine/core';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { Link } from 'wouter';
import { failureIn } from '../../api/failure';
import { type ClientRowFragment, ClientsDocument } from '../../api/gql/graphql';
import { FailureNote } from '../../app/FailureNote';
import { More, type PagesLeft, useFocusOnNew } from '../../app/More';
import { useChanges } from '../../live/Live';
import classes from './ClientList.module.css';
import { pathOf } from './path';
import { StatusChip } from './StatusChip';

export function ClientList() {
  const { t } = useTranslation();
  const [pages, setPages] = useState(1);
  return (
    <section aria-labelledby="all-clients">
      <Title order={2} size="h4" mb="xs" id="all-clients">
        {t('clients.all')}
      </Title>
      <Paper withBorder className={classes.table}>
        <div className={classes.head} aria-hidden>
          <span>{t('clients.name')}</span>
          <span>{t('clients.number')}</span>
          <span>{t('clients.status')}</span>
          <span>{t('clients.phone')}</span>
          <span>{t('clients.advisor')}</span>
        </div>
        <Pages after={null} left={pages} more={() => setPages(pages + 1)} />
      </Paper>
    </section>
  );
}

/** One page and, from its last cursor, the pages after it; so a changed page moves the following ones along. */
function Pages({ after, left, more }: PagesLeft) {
  const { t } = useTranslation();
  const list = useRef<HTMLUListElement>(null);
  const [query, ask] = useQuery({ query: ClientsDocument, variables: { after } });
  const { data, error, fetching } = query;
  const shown = (id: string) => data?.clients.nodes.some((client) => client.id === id);
  useChanges(
    // A client that is new, or new to this person, may belong on any page.
    (item) =>
      (item.__typename === 'ClientUpdated' && (item.kind === 'CREATED' || Boolean(shown(item.clientId)))) ||
      (item.__typename === 'AccessLost' && item.ids.some(shown)),
    query,
    () => ask({ requestPolicy: 'network-only' }),
  );
  useFocusOnNew(list, { after, loaded: Boolean(data) });
  if (error && !data) return <FailureNote failure={failureIn(error)} retry={() => ask({ requestPolicy: 'network-only' })} />;
  if (!data) return <Skeleton h={after ? '3rem' : '20rem'} aria-label={t('app.loading')} />;
  const { nodes, pageInfo } = data.clients;
  if (!after && nodes.length === 0) return <Text p="md">{t('clients.empty')}</Text>;
  return (
    <>
      <ul ref={list} className={classes.rows} aria-busy={fetching}>
        {nodes.map((client) => (
          <li key={client.id}>
            <Row client={client} />
          </li>
        ))}
      </ul>
      <More pageInfo={pageInfo} left={left} more={more} next={(page) => <Pages {...page} />} />
    </>
  );
}

function Row({ client }: { client: ClientRowFragment }) {
  const { t } = useTranslation();
  return (
    <Link href={pathOf(client.id)} className={classes.row}>
      <span className={classes.name}>{client.name}</span>
      <span className={classes.number}>{client.number}</span>
      <span className={classes.status}>
        <StatusChip status={client.status} />
      </span>
      <span className={classes.phone}>{client.phone ?? t('clients.none')}</span>
      <span className={classes.advisor}>{client.advisor?.name ?? t('clients.unassigned')}</span>
    </Link>
  );
}
