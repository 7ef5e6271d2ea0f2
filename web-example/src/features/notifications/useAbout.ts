import { useTranslation } from 'react-i18next';
import type { NotificationFragment } from '../../api/gql/graphql';
import { agendaScreen } from '../agenda/path';
import { pathOf } from '../clients/path';
import { syncScreen } from '../sync/path';

/** Where a notification leads, and what its link says; null when the person may not see that any more. */
export function useAbout() {
  const { t } = useTranslation();
  return ({ kind, client }: NotificationFragment) => {
    if (kind === 'SYNC_FAILED') return { path: syncScreen, text: t('sync.see') };
    if (kind === 'AGENDA_REMINDER' && !client) return { path: agendaScreen, text: t('agenda.title') };
    return client ? { path: pathOf(client.id), text: client.name } : null;
  };
}
