import { useTranslation } from 'react-i18next';
import es from '../../i18n/es.json';
import type { Notified } from '../Feature';

/** What happened, in the language of the screen; what this screen does not know yet is told in the server's words. */
export function useTitle() {
  const { t } = useTranslation();
  return ({ kind, title, actor }: Notified) =>
    Object.hasOwn(es.notifications.kinds, kind) ? t(`notifications.kinds.${kind}`, { actor: actor.name }) : title;
}
