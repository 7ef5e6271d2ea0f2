import { Anchor, Button, Group, Paper } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ClientDetailFragment } from '../../api/gql/graphql';
import { Icon } from '../../app/Icon';
import classes from './ClientData.module.css';
import { EditDialog } from './EditDialog';

export function ClientData({ client }: { client: ClientDetailFragment }) {
  const { t } = useTranslation();
  const [editing, setEditing] = useState(false);
  const [saved, setSaved] = useState(false);
  const mayEdit = client.availableActions.some(({ action, enabled }) => action === 'UPDATE' && enabled);
  return (
    <Paper component="section" withBorder p="md" aria-labelledby="data">
      <Group justify="space-between" mb="sm">
        <h2 id="data" className={classes.title}>
          {t('clients.data')}
        </h2>
        {mayEdit && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<Icon name="edit" size={15} />}
            onClick={() => {
              setSaved(false);
              setEditing(true);
            }}
          >
            {t('edit.open')}
          </Button>
        )}
      </Group>
      <dl className={classes.list}>
        <Item name={t('clients.phone')}>
          {client.phone && <Anchor href={`tel:${client.phone}`}>{client.phone}</Anchor>}
        </Item>
        <Item name={t('clients.email')}>
          {client.email && <Anchor href={`mailto:${client.email}`}>{client.email}</Anchor>}
        </Item>
        <Item name={t('clients.taxId')}>{client.taxId}</Item>
        <Item name={t('clients.advisor')}>{client.advisor?.name ?? t('clients.unassigned')}</Item>
        <Item name={t('clients.tags')}>
          {client.tags.length > 0 && client.tags.map((tag) => <span key={tag} className={classes.tag}>{tag}</span>)}
        </Item>
      </dl>
      <p role="status" className={classes.saved}>
        {saved && t('edit.saved')}
      </p>
      {editing && (
        <EditDialog
          client={client}
          close={(done) => {
            setEditing(false);
            setSaved(done);
          }}
        />
      )}
    </Paper>
  );
}

function Item({ name, children }: { name: string; children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children || t('clients.none')}</dd>
    </div>
  );
}
