// What the app is told of a feature. Features do not know each other: each describes itself in its `feature.ts`, and what
// one of them needs of the others it finds in the list of all (`index.ts`), which the app hands down.
import type { TypedDocumentNode } from '@urql/core';
import type { ParseKeys, TFunction } from 'i18next';
import { type ComponentType, createContext, useContext } from 'react';
import type { ClientDetailsQuery, NotificationKind, NotificationsQuery, Role } from '../api/gql/graphql';
import type { IconName } from '../app/Icon';
import type { FeedItem } from '../live/Live';
import type { Works } from '../offline/works';

export type Feature = {
  /** Its screens; those with `nav` appear in the navigation, in the order of the list. */
  screens?: readonly Screen[];
  /** What it puts into the header, beside the navigation. */
  Header?: ComponentType;
  /** What can be done without a connection. */
  works?: Works;
  /** The kinds of things that are its own, by the prefix of their ids. */
  things?: Readonly<Record<string, Thing>>;
  /** What it adds to the screen of a client. */
  client?: ClientParts;
  /** The notifications about its things. */
  about?: { readonly [Kind in NotificationKind]?: About };
  /** The items of the feed after which one of its things waits to be sent to Odoo. */
  synced?: readonly FeedItem['__typename'][];
};

export type Screen = {
  /** An address, or a pattern with `:id`. */
  path: string;
  Screen: ComponentType<{ id: string }>;
  /** Who may open it; left out: everybody. */
  roles?: readonly Role[];
  nav?: { icon: IconName; text: ParseKeys };
};

export type Thing = {
  /** The screen of one. */
  pathOf: (id: string) => string;
  /** The screen that lists all of them. */
  all?: string;
  /** Asks what one is called. */
  name?: TypedDocumentNode<{ thing: { name: string } | null }, { id: string }>;
  /** The field of a form that chooses one. */
  Field?: ComponentType<FieldProps>;
};

export type Chosen = { id: string; name: string } | null;
export type FieldProps = { value: Chosen; choose: (chosen: Chosen) => void };

export type OpenClient = NonNullable<ClientDetailsQuery['client']>;
type ClientPart = ComponentType<{ client: OpenClient }>;

export type ClientParts = {
  /** A few words beside the name. */
  Sign?: ClientPart;
  /** Across the page, below the name: what needs attention. */
  Notice?: ClientPart;
  /** A card beside the history. */
  Card?: ClientPart;
};

export type Notified = NotificationsQuery['notifications']['nodes'][number];
export type Reader = { t: TFunction; language: string; timeZone: string };

export type About = {
  icon: IconName;
  /** Where the notification leads, and what its link says; null, or left out: to the client, if there is one. */
  link?: (notification: Notified, reader: Reader) => { path: string; text: string } | null;
};

const Features = createContext<readonly Feature[]>([]);

export const FeaturesProvider = Features.Provider;

export const useFeatures = () => useContext(Features);

/** The kind of thing that an id names: its prefix. */
export const kindOf = (id: string) => id.slice(0, id.lastIndexOf('_'));

/** What is known of a kind of things; undefined when no feature has them. */
export const useThing = (kind: string): Thing | undefined =>
  useFeatures().find(({ things }) => things && Object.hasOwn(things, kind))?.things?.[kind];
