import {
  AgendaEventAssignDocument, AgendaEventCancelDocument, AgendaEventCompleteDocument, AgendaEventConfirmDocument,
  AgendaEventCreateDocument, AgendaEventMarkNoShowDocument, AgendaEventReopenDocument, AgendaEventRescheduleDocument,
  AgendaEventUpdateDocument,
} from '../../api/gql/graphql';
import type { WorkOf } from '../../offline/works';

/** The mutations that can be made offline. */
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
