import type { EventLogKind } from '../../api/gql/graphql';
import type { IconName } from '../../app/Icon';

/** The kinds that people may write; cabina itself writes the others. */
export const writable = ['NOTE', 'CALL', 'WHATSAPP', 'EMAIL', 'MEETING'] as const satisfies EventLogKind[];

export const iconOf: Record<EventLogKind, IconName> = {
  CALL: 'call',
  CONTRACT: 'document',
  CONTRIBUTION: 'card',
  CREDIT: 'card',
  DOCUMENT: 'document',
  EMAIL: 'email',
  KYC: 'shield',
  MEETING: 'meeting',
  NOTE: 'note',
  PAYMENT: 'card',
  STATE_CHANGE: 'change',
  SYNC: 'sync',
  SYSTEM: 'gear',
  WHATSAPP: 'whatsapp',
};
