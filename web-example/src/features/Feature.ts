// The description of a feature. Features do not depend on each other: each describes itself in its `feature.ts`, and what it
// needs from others it finds in the list of all (`index.ts`), which the app provides to `useFeatures`.
import type { TypedDocumentNode } from '@urql/core';
import type { ParseKeys, TFunction } from 'i18next';
import { type ComponentType, createContext, useContext } from 'react';
import type { ClientDetailsQuery, NotificationFragment, NotificationKind, Role } from '../api/gql/graphql';
import type { IconName } from '../app/Icon';
import type { FeedItem } from '../live/Live';
import type { Works } from '../offline/works';

export type Feature = {
  /** Its screens; those with `nav` appear in the navigation. */
  screens?: readonly Screen[];
  /** What it adds to the header. */
  Header?: ComponentType;
  /** The changes that can be made offline. */
  works?: Works;
  /** Its kinds of records, by the prefix of their ids. */
  things?: Readonly<Record<string, Thing>>;
  /** What it adds to a client's screen. */
  client?: ClientParts;
  /** The kinds of notifications about its records. */
  about?: { readonly [Kind in NotificationKind]?: About };
  /** The feed items after which one of its records is waiting to be sent to Odoo. */
  synced?: readonly FeedItem['__typename'][];
};

export type Screen = {
  /** A path, or a pattern with `:id`. */
  path: string;
  Screen: ComponentType<{ id: string }>;
  /** The roles that may open it; everybody if omitted. */
  roles?: readonly Role[];
  nav?: { icon: IconName; text: ParseKeys };
};

export type Thing = {
  /** The path to the screen of one record. */
  pathOf: (id: string) => string;
  /** The path to the list of all. */
  all?: string;
  /** Fetches the name of one record. */
  name?: TypedDocumentNode<{ thing: { name: string } | null }, { id: string }>;
  /** The form field that chooses one record. */
  Field?: ComponentType<FieldProps>;
};

export type Chosen = { id: string; name: string } | null;
export type FieldProps = { value: Chosen; choose: (chosen: Chosen) => void };

export type OpenClient = NonNullable<ClientDetailsQuery['client']>;
type ClientPart = ComponentType<{ client: OpenClient }>;

export type ClientParts = {
  /** A few words beside the name. */
  Sign?: ClientPart;
  /** A notice across the page, below the name. */
  Notice?: ClientPart;
  /** A card beside the history. */
  Card?: ClientPart;
};

export type Reader = { t: TFunction; language: string; timeZone: string };

export type About = {
  icon: IconName;
  /** Where the link leads and what it says; if null or omitted, it leads to the client, if there is one. */
  link?: (notification: NotificationFragment, reader: Reader) => { path: string; text: string } | null;
};

const Features = createContext<readonly Feature[]>([]);

export const FeaturesProvider = Features.Provider;

export const useFeatures = () => useContext(Features);

/** The kind of record that an id belongs to: its prefix. */
export const kindOf = (id: string) => id.slice(0, id.lastIndexOf('_'));

/** The description of a kind of record; undefined if no feature has it. */
export const useThing = (kind: string): Thing | undefined =>
  useFeatures().find(({ things }) => things && Object.hasOwn(things, kind))?.things?.[kind];
