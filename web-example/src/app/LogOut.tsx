import { Button, Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useWorks } from '../offline/Offline';
import { logOut } from '../session/session';
import { Dialog } from './Dialog';
import { Icon } from './Icon';

/** Logs out. Asks first when something is unsent, because logging out deletes everything of the person from the device. */
export function LogOut() {
  const { t } = useTranslation();
  const unsent = useWorks().length;
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Button
        variant="default"
        size="xs"
        leftSection={<Icon name="logout" />}
        onClick={() => (unsent > 0 ? setAsking(true) : void logOut())}
      >
        {t('session.logOut')}
      </Button>
      {asking && (
        <Dialog title={t('offline.leaveTitle')} close={() => setAsking(false)}>
          <Stack>
            <Text size="sm">{t('offline.leave', { count: unsent })}</Text>
            <Group justify="flex-end">
              <Button variant="default" data-autofocus onClick={() => setAsking(false)}>
                {t('app.cancel')}
              </Button>
              <Button color="red.9" onClick={() => void logOut()}>
                {t('offline.leaveAll')}
              </Button>
            </Group>
          </Stack>
        </Dialog>
      )}
    </>
  );
}
