// What can be done without a connection: mutations that wait on this device. Each feature says which of its own can
// (`works` in its description).
import type { TypedDocumentNode } from '@urql/core';
import type { DocumentNode } from 'graphql';
import type { ComponentType } from 'react';
import type { Failure } from '../api/failure';
import type es from '../i18n/es.json';

type UserError = { code: string; message: string; field?: string | null };
export type Conflict = { field: string; base?: string | null; mine?: string | null; theirs?: string | null };

/** What the server said about one: written when there are neither errors nor conflicts. */
export type Answer = { userErrors: UserError[]; conflict?: Conflict[] };

export const isWritten = ({ userErrors, conflict = [] }: Answer) => userErrors.length === 0 && conflict.length === 0;

/** A mutation of one field, which is called `payload`. */
export type Doable<Input extends object, Payload extends Answer> = TypedDocumentNode<{ payload: Payload }, { input: Input }>;

/** By their names, for each of which there is a text. */
export type Documents = { readonly [Name in keyof typeof es.offline.works]?: Doable<any, any> };

export type Works = {
  documents: Documents;
  /** Types in the lists that a written thing may be in: the answer does not contain those lists, so they are fetched again. */
  touches: string[];
  /** Shows why something was refused, where the texts of the errors do not say enough. */
  Refused?: ComponentType<{ refused: Answer; title: string }>;
};

/** The name of the operation in a document. */
export const nameOf = ({ definitions }: DocumentNode): string => {
  const operation = definitions.find(({ kind }) => kind === 'OperationDefinition');
  return operation && 'name' in operation ? (operation.name?.value ?? '') : '';
};

/** Why something was not done: it was refused, it fails again and again, or it is no longer known whether it was done. */
export type Refused =
  | { why: 'refused'; userErrors: UserError[]; conflict: Conflict[] }
  | { why: 'failed'; failure: Failure }
  | { why: 'unsure' };

/** Where something was done, for a person: the client or the event, and the words that were written. */
export type Subject = { title: string; path: string; text?: string };

type Kept = {
  /** Its idempotency key, by which it is known here as well. */
  key: string;
  about: Subject;
  /** When it was done here; they are sent in this order. */
  at: number;
  /** Since when the server may know of it although its answer did not arrive; null: it was never sent. */
  tried: number | null;
  refused: Refused | null;
};

export type Work = Kept & {
  name: string;
  input: { idempotencyKey: string; id?: string; expectedVersion?: number };
};

type InputOf<Document> = Document extends Doable<infer Input, Answer> ? Input : never;

/** One of some documents: its name tells which input it has. */
export type WorkOf<Of extends Documents> = {
  [Name in keyof Of]: { name: Name; input: InputOf<Of[Name]> & { idempotencyKey: string } };
}[keyof Of] &
  Kept;
