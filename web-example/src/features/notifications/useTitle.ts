import { useTranslation } from 'react-i18next';
import es from '../../i18n/es.json';
import type { Notified } from '../Feature';

/** The title of a notification in the language of the screen; for kinds without a text here, the server's own title. */
export function useTitle() {
  const { t } = useTranslation();
  return ({ kind, title, actor }: Notified) =>
    Object.hasOwn(es.notifications.kinds, kind) ? t(`notifications.kinds.${kind}`, { actor: actor.name }) : title;
}
