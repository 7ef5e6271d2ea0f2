// The session of this tab. The access token lives in memory only; tabs share the refresh token, which works once,
// so they take turns to use it.
import { useSyncExternalStore } from 'react';
import { type Answer, ask } from '../../api/ask';
import type { Failure } from '../../api/failure';
import {
  type OpenSessionFragment, SessionCreateDocument, SessionRefreshDocument, SessionRevokeDocument, type ViewerFragment,
} from '../../api/gql/graphql';
import { newKey } from '../../api/key';
import { inTurn } from '../../api/turn';
import { speak } from '../../i18n';
import { forgetPerson } from '../../offline/store';
import { forget, onOtherTab, read, write } from './storage';

export type Session =
  | { phase: 'restoring' }
  | { phase: 'unreachable' }
  | { phase: 'out'; ended: boolean }
  | { phase: 'in'; viewer: ViewerFragment };

export type Refusal = { userError: OpenSessionFragment['userErrors'][number] } | { failure: Failure };

let session: Session = read() ? { phase: 'restoring' } : { phase: 'out', ended: false };
let access: { token: string; refreshAt: number } | null = null;
let refreshing: Promise<void> | undefined;
const listeners = new Set<() => void>();

/** So long a page waits for an answer before it shows what it has. */
const PATIENCE = 4000;

export const useSession = () =>
  useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    () => session,
  );

export const bearer = () => access?.token ?? null;

export const nearsItsEnd = () => access !== null && Date.now() >= access.refreshAt;

/** Opens a session; null when it is open, else what stands in the way. */
export async function logIn(email: string, password: string, idempotencyKey: string): Promise<Refusal | null> {
  const { data, failure } = await ask(SessionCreateDocument, { input: { email, password, idempotencyKey } });
  if (failure) return { failure };
  const userError = data.sessionCreate.userErrors[0];
  if (userError) return { userError };
  adopt(data.sessionCreate);
  return null;
}

/** Ends the session here and on the server; without a connection, here only. What was not sent is given up. */
export async function logOut() {
  if (nearsItsEnd()) await refresh();
  const token = bearer();
  sessionStorage.clear();
  end(false);
  if (token) await ask(SessionRevokeDocument, { input: { idempotencyKey: newKey() } }, token);
}

/** Gets a new access token. All who call while it is under way share it. */
export function refresh(): Promise<void> {
  refreshing ??= inTurn('cabina.session', refreshNow).finally(() => {
    refreshing = undefined;
  });
  return refreshing;
}

async function refreshNow(): Promise<void> {
  const stored = read();
  if (!stored) return end(true);
  const { refreshToken, refreshKey: idempotencyKey } = stored;
  const { data, failure }: Answer<{ sessionRefresh: OpenSessionFragment }> = await ask(SessionRefreshDocument, {
    input: { refreshToken, idempotencyKey },
  });
  const now = read();
  // Logged out meanwhile, here or in another tab.
  if (!now) return end(false);
  // Without locks another tab may have been faster.
  if (now.refreshToken !== refreshToken) return refreshNow();
  if (data?.sessionRefresh.session) return adopt(data.sessionRefresh);
  if (data) return end(true);
  // The session may well be alive; only the server is out of reach.
  if (failure) goOnWithout();
}

/** Starts with the session that the last page left, if any. */
export function restore() {
  if (!read()) return;
  tell({ phase: 'restoring' });
  setTimeout(goOnWithout, PATIENCE);
  void refresh();
}

/** Without an answer: with what this device has kept of the person. */
function goOnWithout() {
  if (session.phase !== 'restoring') return;
  const viewer = read()?.viewer;
  tell(viewer ? { phase: 'in', viewer } : { phase: 'unreachable' });
}

function adopt({ session: tokens, viewer }: OpenSessionFragment) {
  if (!tokens || !viewer) return end(true);
  write({ refreshToken: tokens.refreshToken, refreshKey: newKey(), userId: viewer.id, viewer });
  const life = Date.parse(tokens.expiresAt) - Date.now();
  // With a wrong clock here, only the server's UNAUTHENTICATED tells the end.
  access = { token: tokens.accessToken, refreshAt: life > 0 ? Date.now() + life * 0.9 : Infinity };
  if (session.phase !== 'in' || JSON.stringify(session.viewer) !== JSON.stringify(viewer)) tell({ phase: 'in', viewer });
}

/** Somebody changed the person's name, language, role or team. */
export function viewerChanged(viewer: ViewerFragment, changedFields: string[]) {
  if (session.phase !== 'in') return;
  const stored = read();
  if (stored) write({ ...stored, viewer });
  if (changedFields.includes('locale')) speak(viewer.locale.startsWith('es') ? 'es' : 'en');
  tell({ phase: 'in', viewer });
}

function end(byServer: boolean) {
  const userId = session.phase === 'in' ? session.viewer.id : read()?.userId;
  // What the person did and nobody has taken yet waits for the next log-in.
  if (userId) void forgetPerson(userId, { unsent: !byServer });
  forget();
  access = null;
  tell({ phase: 'out', ended: byServer });
}

function tell(next: Session) {
  session = next;
  for (const changed of listeners) changed();
}

onOtherTab(() => {
  const stored = read();
  if (!stored) {
    if (session.phase !== 'out') end(false);
  } else if (session.phase === 'out' || session.phase === 'unreachable') {
    restore();
  } else if (session.phase === 'in' && session.viewer.id !== stored.userId) {
    // Another person logged in: nothing of the former one may stay on the screen.
    location.reload();
  }
});
