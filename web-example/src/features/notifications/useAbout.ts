import { useTranslation } from 'react-i18next';
import type { NotificationFragment } from '../../api/gql/graphql';
import type { IconName } from '../../app/Icon';
import { useViewer } from '../../session/Viewer';
import { useFeatures, useThing } from '../Feature';

/** The icon of a notification and its link; no link when the person may no longer see what it is about. */
export function useAbout() {
  const { t, i18n } = useTranslation();
  const { timeZone } = useViewer();
  const features = useFeatures();
  const clients = useThing('client');
  return (notification: NotificationFragment): { icon: IconName; link: { path: string; text: string } | null } => {
    const { kind, client } = notification;
    // A newer server may send kinds that no feature knows.
    const { icon, link } = features.find(({ about }) => about?.[kind])?.about?.[kind] ?? { icon: 'bell' };
    const toClient = client && clients ? { path: clients.pathOf(client.id), text: client.name } : null;
    return { icon, link: link?.(notification, { t, language: i18n.language, timeZone }) ?? toClient };
  };
}
