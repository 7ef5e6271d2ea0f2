import {
  AgendaEventAssignDocument, AgendaEventCancelDocument, AgendaEventCompleteDocument, AgendaEventConfirmDocument,
  AgendaEventCreateDocument, AgendaEventMarkNoShowDocument, AgendaEventReopenDocument, AgendaEventRescheduleDocument,
  AgendaEventUpdateDocument,
} from '../../api/gql/graphql';
import type { WorkOf } from '../../offline/works';

/** What can be done without a connection. */
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
};

export type AgendaWork = WorkOf<typeof documents>;
