import { Stack, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useScreen } from '../../app/useScreen';
import { ClientList } from './ClientList';
import { ClientSearch } from './ClientSearch';

export function ClientsScreen() {
  const { t } = useTranslation();
  const heading = useScreen(t('clients.title'));
  return (
    <Stack gap="lg">
      <Title order={1} size="h2" {...heading}>
        {t('clients.title')}
      </Title>
      <ClientSearch />
      <ClientList />
    </Stack>
  );
}
