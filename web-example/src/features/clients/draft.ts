import { useState } from 'react';
import type { EventLogKind } from '../../api/gql/graphql';
import { newKey } from '../../api/key';
import { useViewer } from '../../session/Viewer';

/** An entry that is being written. Its key is made once and stays until the entry is in the history. */
export type Draft = { key: string; kind: EventLogKind; text: string };

/** The draft for a client's history; it outlives a reload of the page, and with it the question whether it was sent. */
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
