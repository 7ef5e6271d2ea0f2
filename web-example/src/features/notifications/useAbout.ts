import { useTranslation } from 'react-i18next';
import type { NotificationFragment } from '../../api/gql/graphql';
import { useViewer } from '../../session/Viewer';
import { wallOf } from '../agenda/days';
import { pathTo } from '../agenda/path';
import { pathOf } from '../clients/path';
import { syncScreen } from '../sync/path';

/** Where a notification leads, and what its link says; null when the person may not see that any more. */
export function useAbout() {
  const { t, i18n } = useTranslation();
  const { timeZone } = useViewer();
  const at = (start: string, allDay: boolean) =>
    new Intl.DateTimeFormat(i18n.language, {
      timeZone,
      weekday: 'short',
      day: 'numeric',
      month: 'short',
      ...(allDay ? {} : { hour: 'numeric', minute: '2-digit' }),
    }).format(new Date(start));
  return ({ kind, client, agendaEvent }: NotificationFragment) => {
    if (kind === 'SYNC_FAILED') return { path: syncScreen, text: t('sync.see') };
    if (agendaEvent) {
      const { title, start, allDay } = agendaEvent;
      return { path: pathTo('day', wallOf(timeZone, start).day), text: `${title} · ${at(start, allDay)}` };
    }
    return client ? { path: pathOf(client.id), text: client.name } : null;
  };
}
