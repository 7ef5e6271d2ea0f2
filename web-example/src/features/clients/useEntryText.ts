import { useTranslation } from 'react-i18next';
import type { ClientStatus, HistoryEntryFragment } from '../../api/gql/graphql';
import es from '../../i18n/es.json';

/** The text of an entry. Changes of status are written in the reader's language; other entries are shown as stored. */
export function useEntryText() {
  const { t } = useTranslation();
  return ({ kind, text, payload }: HistoryEntryFragment) => {
    const { from, to, reason } = (payload ?? {}) as Record<string, unknown>;
    if (kind !== 'STATE_CHANGE' || !isStatus(from) || !isStatus(to)) return text;
    const change = `${t(`status.${from}`)} → ${t(`status.${to}`)}`;
    return typeof reason === 'string' ? `${change}: ${reason}` : change;
  };
}

const isStatus = (value: unknown): value is ClientStatus => typeof value === 'string' && Object.hasOwn(es.status, value);
