// Changes that can be made offline: mutations that wait on this device. Each feature lists its own (`works` in its
// description).
import type { TypedDocumentNode } from '@urql/core';
import type { DocumentNode } from 'graphql';
import type { ComponentType } from 'react';
import type { Failure } from '../api/failure';
import type es from '../i18n/es.json';

type UserError = { code: string; message: string; field?: string | null };
export type Conflict = { field: string; base?: string | null; mine?: string | null; theirs?: string | null };

/** The server's answer to a change: it was saved if there are neither errors nor conflicts. */
export type Answer = { userErrors: UserError[]; conflict?: Conflict[] };

export const isWritten = ({ userErrors, conflict = [] }: Answer) => userErrors.length === 0 && conflict.length === 0;

/** A mutation with one field, under the alias `payload`. */
export type Doable<Input extends object, Payload extends Answer> = TypedDocumentNode<
  { payload: Payload },
  { input: Input }
>;

/** By the names of their operations, each of which has a text. */
export type Documents = { readonly [Name in keyof typeof es.offline.works]?: Doable<any, any> };

export type Works = {
  documents: Documents;
  /** The types in lists that a change may affect. The answer does not contain these lists, so they are fetched again. */
  touches: string[];
  /** Shows why a change was refused, if the texts of the errors do not say enough. */
  Refused?: ComponentType<{ refused: Answer; title: string }>;
};

/** The name of the operation in a document. */
export const nameOf = ({ definitions }: DocumentNode): string => {
  const operation = definitions.find(({ kind }) => kind === 'OperationDefinition');
  return operation && 'name' in operation ? (operation.name?.value ?? '') : '';
};

/** Why a change was not applied: it was refused, it keeps failing, or it is uncertain whether it was applied. */
export type Refused =
  | { why: 'refused'; userErrors: UserError[]; conflict: Conflict[] }
  | { why: 'failed'; failure: Failure }
  | { why: 'unsure' };

/** What a change was made to, for the list of unsent changes: its title, the path to it, and the text that was written. */
export type Subject = { title: string; path: string; text?: string };

type Kept = {
  /** Its idempotency key, which also identifies it on this device. */
  key: string;
  about: Subject;
  /** When it was made; changes are sent in this order. */
  at: number;
  /** When it was first sent, if no answer has arrived; null: it was never sent. */
  tried: number | null;
  refused: Refused | null;
};

export type Work = Kept & {
  name: string;
  input: { idempotencyKey: string; id?: string; expectedVersion?: number };
};

type InputOf<Document> = Document extends Doable<infer Input, Answer> ? Input : never;

/** A change made with one of some documents; its name determines the type of its input. */
export type WorkOf<Of extends Documents> = {
  [Name in keyof Of]: { name: Name; input: InputOf<Of[Name]> & { idempotencyKey: string } };
}[keyof Of] &
  Kept;
