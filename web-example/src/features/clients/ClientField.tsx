import { Select } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FieldProps } from '../Feature';
import { useSearch } from './useSearch';

/** Chooses a client with a search as you type. */
export function ClientField({ value: client, choose }: FieldProps) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(client?.name ?? '');
  const text = typed === client?.name ? '' : typed.trim();
  const { waiting, hits } = useSearch(text);
  const found = hits?.map(({ client: each }) => ({ value: each.id, label: each.name, number: each.number })) ?? [];
  const chosen =
    client && !found.some(({ value }) => value === client.id)
      ? [{ value: client.id, label: client.name, number: '' }]
      : [];
  return (
    <Select
      label={t('clients.one')}
      placeholder={t('search.placeholder')}
      searchable
      clearable
      clearButtonProps={{ 'aria-label': t('clients.noOne') }}
      data={[...chosen, ...found]}
      // The server does the search; show its results as they are.
      filter={({ options }) => options}
      nothingFoundMessage={text && (waiting ? t('search.searching') : t('search.nothing', { text }))}
      value={client?.id ?? null}
      searchValue={typed}
      onSearchChange={setTyped}
      onChange={(id) => {
        const hit = found.find(({ value }) => value === id);
        choose(id ? (hit ? { id, name: hit.label } : client) : null);
      }}
    />
  );
}
