// The session of this tab. Tabs share the refresh token, which works once: they take turns to use it, and tell each other
// the access token that came of it, which lives in memory only.
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
/** What a tab tells the others when it has a new access token. */
type News = { viewer: ViewerFragment; access: Access };

let session: Session = read() ? { phase: 'restoring' } : { phase: 'out', ended: wasEnded() };
let access: Access | null = null;
let refreshing: Promise<void> | undefined;
const listeners = new Set<() => void>();
const tabs = new BroadcastChannel('cabina.session');

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

/**
 * Ends the session here, at once, and on the server as soon as it answers; without a connection, here only. What was not
 * sent is given up.
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

/** Gets a new access token. All who call while it is under way share it, in this tab and in the others. */
export function refresh(): Promise<void> {
  const before = access;
  const takeTurn = async () => {
    // While this tab waited for its turn, another one told it of a new one.
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
  // Over meanwhile, here or in another tab.
  if (!now) return leave(wasEnded());
  const answered = data?.sessionRefresh.session;
  // Another tab was faster: there may be no locks, and what a tab stores reaches the others a moment later. Equal
  // refreshes get answers that are all good, so what that tab stored stays.
  if (now.refreshToken !== refreshToken) {
    return answered && now.userId === stored.userId ? take(data.sessionRefresh) : refreshNow();
  }
  if (answered) return adopt(data.sessionRefresh);
  if (data) return endByServer();
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

/** Goes on with an opened or refreshed session, in all tabs. */
function adopt(opened: OpenSessionFragment) {
  const { session: tokens, viewer } = opened;
  if (!tokens || !viewer) return endByServer();
  write({ refreshToken: tokens.refreshToken, refreshKey: newKey(), userId: viewer.id, viewer });
  take(opened);
}

/** Takes the access token of an answer, and tells the other tabs. */
function take({ session: tokens, viewer }: OpenSessionFragment) {
  if (!tokens || !viewer) return;
  const life = Date.parse(tokens.expiresAt) - Date.now();
  // With a wrong clock here, only the server's UNAUTHENTICATED tells the end.
  access = { token: tokens.accessToken, refreshAt: life > 0 ? Date.now() + life * 0.9 : Infinity };
  tabs.postMessage({ viewer, access } satisfies News);
  show(viewer);
}

function show(viewer: ViewerFragment) {
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

const personHere = () => (session.phase === 'in' ? session.viewer.id : read()?.userId);

/** The server took the refresh token no more: all tabs show the log-in. */
function endByServer() {
  const userId = personHere();
  writeEnd();
  leave(true, userId);
}

/** Shows the log-in. Only a person's own log-out takes along what was not sent; else it waits for the person's next one. */
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
    // Another person logged in: nothing of the former one may stay on the screen.
    location.reload();
  }
});

tabs.onmessage = ({ data: { viewer, access: theirs } }: MessageEvent<News>) => {
  const person = session.phase === 'out' ? undefined : personHere();
  if (viewer.id !== person) return;
  access = theirs;
  show(viewer);
};
