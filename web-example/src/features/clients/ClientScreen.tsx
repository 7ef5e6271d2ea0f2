import { Anchor, Skeleton, Stack } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { Link } from 'wouter';
import { failureIn } from '../../api/failure';
import { ClientDetailsDocument } from '../../api/gql/graphql';
import { FailureNote } from '../../app/FailureNote';
import { Icon } from '../../app/Icon';
import { Note } from '../../app/Note';
import { useScreen } from '../../app/useScreen';
import { type ClientParts, type OpenClient, useFeatures } from '../Feature';
import { AppendForm } from './AppendForm';
import { useClientChanges } from './changes';
import { ClientActions } from './ClientActions';
import { ClientData } from './ClientData';
import classes from './ClientScreen.module.css';
import { History } from './History';
import { allClients } from './path';
import { StatusChip } from './StatusChip';

export function ClientScreen({ id }: { id: string }) {
  const { t } = useTranslation();
  const [query, ask] = useQuery({ query: ClientDetailsDocument, variables: { id } });
  const { data, error } = query;
  useClientChanges(id, query, () => ask({ requestPolicy: 'network-only' }));
  const client = data?.client;
  const heading = useScreen(client?.name);
  return (
    <Stack gap="md">
      <nav>
        <Anchor component={Link} href={allClients} className={classes.back}>
          <Icon name="arrowLeft" /> {t('clients.back')}
        </Anchor>
      </nav>
      {error && !client && <FailureNote failure={failureIn(error)} retry={() => ask({ requestPolicy: 'network-only' })} />}
      {client === null && <Note tone="warning">{t('clients.notFound')}</Note>}
      {!data && !error && <Skeleton h="20rem" aria-label={t('app.loading')} />}
      {client && (
        <>
          <header className={classes.header}>
            <h1 className={classes.name} {...heading}>
              {client.name}
            </h1>
            <span className={classes.number}>{client.number}</span>
            <StatusChip status={client.status} />
            <Parts of={client} named="Sign" />
          </header>
          <Parts of={client} named="Notice" />
          <ClientActions client={client} />
          <div className={classes.columns}>
            <Stack gap="md">
              <ClientData client={client} />
              <Parts of={client} named="Card" />
            </Stack>
            <section aria-labelledby="history" className={classes.history}>
              <h2 id="history" className={classes.title}>
                {t('history.title')}
              </h2>
              <AppendForm client={client} />
              <History clientId={client.id} />
            </section>
          </div>
        </>
      )}
    </Stack>
  );
}

/** What other features add to a client's screen. */
function Parts({ of: client, named }: { of: OpenClient; named: keyof ClientParts }) {
  return useFeatures().map(({ client: parts }, index) => {
    const Part = parts?.[named];
    return Part && <Part key={index} client={client} />;
  });
}
