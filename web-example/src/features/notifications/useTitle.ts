import { useTranslation } from 'react-i18next';
import type { NotificationFragment } from '../../api/gql/graphql';
import es from '../../i18n/es.json';

/** The title of a notification in the language of the screen; for kinds without a text here, the server's own title. */
export function useTitle() {
  const { t } = useTranslation();
  return ({ kind, title, actor }: NotificationFragment) =>
    Object.hasOwn(es.notifications.kinds, kind) ? t(`notifications.kinds.${kind}`, { actor: actor.name }) : title;
}
