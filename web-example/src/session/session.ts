// The session of this tab. Tabs share the refresh token, which works only once: they take turns using it, and send each
// other the new access token, which is kept in memory only.
import { useSyncExternalStore } from 'react';
import { type Answer, ask } from '../api/ask';
import type { Failure } from '../api/failure';
import {
  type OpenSessionFragment, SessionCreateDocument, SessionRefreshDocument, SessionRevokeDocument, type ViewerFragment,
} from '../api/gql/graphql';
import { newKey } from '../api/key';
import { inTurn } from '../api/turn';
import { speak } from '../i18n';
import { forgetPerson } from '../offline/store';
import { forget, onOtherTab, read, wasEnded, write, writeEnd } from './storage';

export type Session =
  | { phase: 'restoring' }
  | { phase: 'unreachable' }
  | { phase: 'out'; ended: boolean }
  | { phase: 'in'; viewer: ViewerFragment };

export type Refusal = { userError: OpenSessionFragment['userErrors'][number] } | { failure: Failure };

type Access = { token: string; refreshAt: number };
/** What a tab sends to the others when it has a new access token. */
type News = { viewer: ViewerFragment; access: Access };

let session: Session = read() ? { phase: 'restoring' } : { phase: 'out', ended: wasEnded() };
let access: Access | null = null;
let refreshing: Promise<void> | undefined;
const listeners = new Set<() => void>();
const tabs = new BroadcastChannel('cabina.session');

/** How long a page waits for an answer, in milliseconds, before it shows what is stored. */
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

/** Opens a session. Returns null on success, otherwise why it failed. */
export async function logIn(email: string, password: string, idempotencyKey: string): Promise<Refusal | null> {
  const { data, failure } = await ask(SessionCreateDocument, { input: { email, password, idempotencyKey } });
  if (failure) return { failure };
  const userError = data.sessionCreate.userErrors[0];
  if (userError) return { userError };
  adopt(data.sessionCreate);
  return null;
}

/**
 * Ends the session here at once, and on the server as soon as it answers; offline, only here. Unsent changes are deleted.
 */
export async function logOut() {
  const userId = personHere();
  const [stored, ends] = [read(), nearsItsEnd()];
  let token = bearer();
  sessionStorage.clear();
  forget();
  leave(false, userId);
  if (ends && stored) {
    const { refreshToken, refreshKey: idempotencyKey } = stored;
    const { data }: Answer<{ sessionRefresh: OpenSessionFragment }> = await ask(SessionRefreshDocument, {
      input: { refreshToken, idempotencyKey },
    });
    token = data?.sessionRefresh.session?.accessToken ?? token;
  }
  if (token) await ask(SessionRevokeDocument, { input: { idempotencyKey: newKey() } }, token);
}

/** Gets a new access token. Concurrent calls share one request, across all tabs. */
export function refresh(): Promise<void> {
  const before = access;
  const takeTurn = async () => {
    // Another tab sent a new token while this one waited for its turn.
    if (access && access.token !== before?.token && !nearsItsEnd()) return;
    await refreshNow();
  };
  refreshing ??= inTurn('cabina.session', takeTurn).finally(() => {
    refreshing = undefined;
  });
  return refreshing;
}

async function refreshNow(): Promise<void> {
  const stored = read();
  if (!stored) return leave(wasEnded());
  const { refreshToken, refreshKey: idempotencyKey } = stored;
  const { data, failure }: Answer<{ sessionRefresh: OpenSessionFragment }> = await ask(SessionRefreshDocument, {
    input: { refreshToken, idempotencyKey },
  });
  const now = read();
  // The session ended in the meantime, here or in another tab.
  if (!now) return leave(wasEnded());
  const answered = data?.sessionRefresh.session;
  // Another tab was faster: there may be no locks, and what a tab stores reaches the others with a delay. Repeated
  // refreshes all get valid answers, so keep what that tab stored.
  if (now.refreshToken !== refreshToken) {
    return answered && now.userId === stored.userId ? take(data.sessionRefresh) : refreshNow();
  }
  if (answered) return adopt(data.sessionRefresh);
  if (data) return endByServer();
  // The session may still be valid; only the server is unreachable.
  if (failure) goOnWithout();
}

/** Restores the session that an earlier page stored, if there is one. */
export function restore() {
  if (!read()) return;
  tell({ phase: 'restoring' });
  setTimeout(goOnWithout, PATIENCE);
  void refresh();
}

/** Without an answer, continues with what is stored on this device. */
function goOnWithout() {
  if (session.phase !== 'restoring') return;
  const viewer = read()?.viewer;
  tell(viewer ? { phase: 'in', viewer } : { phase: 'unreachable' });
}

/** Uses a new or refreshed session in all tabs. */
function adopt(opened: OpenSessionFragment) {
  const { session: tokens, viewer } = opened;
  if (!tokens || !viewer) return endByServer();
  write({ refreshToken: tokens.refreshToken, refreshKey: newKey(), userId: viewer.id, viewer });
  take(opened);
}

/** Takes the access token of an answer, and sends it to the other tabs. */
function take({ session: tokens, viewer }: OpenSessionFragment) {
  if (!tokens || !viewer) return;
  const life = Date.parse(tokens.expiresAt) - Date.now();
  // If the clock of this device is wrong, wait for the server's UNAUTHENTICATED instead.
  access = { token: tokens.accessToken, refreshAt: life > 0 ? Date.now() + life * 0.9 : Infinity };
  tabs.postMessage({ viewer, access } satisfies News);
  show(viewer);
}

function show(viewer: ViewerFragment) {
  if (session.phase !== 'in' || JSON.stringify(session.viewer) !== JSON.stringify(viewer)) tell({ phase: 'in', viewer });
}

/** The person's name, language, role or team was changed. */
export function viewerChanged(viewer: ViewerFragment, changedFields: string[]) {
  if (session.phase !== 'in') return;
  const stored = read();
  if (stored) write({ ...stored, viewer });
  if (changedFields.includes('locale')) speak(viewer.locale.startsWith('es') ? 'es' : 'en');
  tell({ phase: 'in', viewer });
}

const personHere = () => (session.phase === 'in' ? session.viewer.id : read()?.userId);

/** The server refused the refresh token: all tabs show the log-in. */
function endByServer() {
  const userId = personHere();
  writeEnd();
  leave(true, userId);
}

/** Shows the log-in. Unsent changes are deleted only if the person logged out; otherwise they wait for the next log-in. */
function leave(byServer: boolean, userId = personHere()) {
  if (userId) void forgetPerson(userId, { unsent: !byServer });
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
    if (session.phase !== 'out') leave(wasEnded());
  } else if (session.phase === 'out' || session.phase === 'unreachable') {
    restore();
  } else if (session.phase === 'in' && session.viewer.id !== stored.userId) {
    // Another person logged in: nothing of the previous one may stay on the screen.
    location.reload();
  }
});

tabs.onmessage = ({ data: { viewer, access: theirs } }: MessageEvent<News>) => {
  const person = session.phase === 'out' ? undefined : personHere();
  if (viewer.id !== person) return;
  access = theirs;
  show(viewer);
};
