// What can be done without a connection.
import type { TypedDocumentNode } from '@urql/core';
import {
  AgendaEventAssignDocument, AgendaEventCancelDocument, AgendaEventCompleteDocument, AgendaEventConfirmDocument,
  AgendaEventCreateDocument, AgendaEventMarkNoShowDocument, AgendaEventReopenDocument, AgendaEventRescheduleDocument,
  AgendaEventUpdateDocument, EventlogAppendDocument, NotificationMarkAllReadDocument, NotificationMarkReadDocument,
  NotificationMarkUnreadDocument,
} from '../api/gql/graphql';
import type { Failure } from '../api/failure';

export const documents = {
  AgendaEventAssign: AgendaEventAssignDocument,
  AgendaEventCancel: AgendaEventCancelDocument,
  AgendaEventComplete: AgendaEventCompleteDocument,
  AgendaEventConfirm: AgendaEventConfirmDocument,
  AgendaEventCreate: AgendaEventCreateDocument,
  AgendaEventMarkNoShow: AgendaEventMarkNoShowDocument,
  AgendaEventReopen: AgendaEventReopenDocument,
  AgendaEventReschedule: AgendaEventRescheduleDocument,
  AgendaEventUpdate: AgendaEventUpdateDocument,
  EventlogAppend: EventlogAppendDocument,
  NotificationMarkAllRead: NotificationMarkAllReadDocument,
  NotificationMarkRead: NotificationMarkReadDocument,
  NotificationMarkUnread: NotificationMarkUnreadDocument,
};

/** The lists that a written thing may be in, which the answer does not contain: they are fetched anew. */
export function contextOf(name: WorkName) {
  if (name.startsWith('Notification')) return {};
  return { additionalTypenames: name.startsWith('Agenda') ? ['AgendaEvent', 'EventLogEntry'] : ['EventLogEntry'] };
}

type Documents = typeof documents;
export type WorkName = keyof Documents;
export type InputOf<Name extends WorkName> =
  Documents[Name] extends TypedDocumentNode<infer _, { input: infer Input extends object }> ? Input : never;
export type PayloadOf<Name extends WorkName> =
  Documents[Name] extends TypedDocumentNode<{ payload: infer Payload }, infer _> ? Payload : never;

type UserError = { code: string; message: string; field?: string | null };
export type Conflict = { field: string; base?: string | null; mine?: string | null; theirs?: string | null };

/** Why something was not done: it is refused, it fails again and again, or nobody can tell any more whether it was done. */
export type Refused =
  | { why: 'refused'; userErrors: UserError[]; conflict: Conflict[] }
  | { why: 'failed'; failure: Failure }
  | { why: 'unsure' };

/** Where something was done, for a person: the client or the event, and the words that were written. */
export type About = { title: string; path: string; text?: string };

type What = { [Name in WorkName]: { name: Name; input: InputOf<Name> & { idempotencyKey: string } } }[WorkName];

export type Work = What & {
  /** Its idempotency key, by which it is known here as well. */
  key: string;
  about: About;
  /** When it was done here; they are sent in this order. */
  at: number;
  /** Since when the server may know of it: its answer did not come. */
  tried: number | null;
  refused: Refused | null;
};

/** What the server said about one: written when there are neither errors nor conflicts. */
export type Answer = { userErrors: UserError[]; conflict?: Conflict[] };

export const isWritten = ({ userErrors, conflict = [] }: Answer) => userErrors.length === 0 && conflict.length === 0;
