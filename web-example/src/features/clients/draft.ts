import { useState } from 'react';
import type { EventLogKind } from '../../api/gql/graphql';
import { newKey } from '../../api/key';
import { useViewer } from '../../session/Viewer';

/** An entry that is being written. Its idempotency key stays the same until the entry is saved. */
export type Draft = { key: string; kind: EventLogKind; text: string };

/** The draft of an entry. It survives a reload with its key, so that sending it again cannot save it twice. */
export function useDraft(clientId: string) {
  const place = `cabina.draft.${useViewer().id}.${clientId}`;
  const [draft, setDraft] = useState<Draft>(() => read(place) ?? fresh());
  const keep = (next: Draft) => {
    sessionStorage.setItem(place, JSON.stringify(next));
    setDraft(next);
  };
  return [draft, keep] as const;
}

export const fresh = (kind: EventLogKind = 'NOTE'): Draft => ({ key: newKey(), kind, text: '' });

function read(place: string): Draft | null {
  try {
    return JSON.parse(sessionStorage.getItem(place) ?? 'null');
  } catch {
    return null;
  }
}
