import type { AgendaAction, AgendaEventDetailFragment } from '../../api/gql/graphql';
import { AssignForm } from './AssignForm';
import { CancelForm } from './CancelForm';
import { EditForm } from './EditForm';
import { MoveForm } from './MoveForm';
import type { Sent } from './useSend';

/** A form sends the version that was shown when it was opened. */
export type FormProps = {
  event: AgendaEventDetailFragment;
  done: (sent: NonNullable<Sent>) => void;
  cancel: () => void;
};

/** The actions that need a form. */
export const forms = { RESCHEDULE: MoveForm, UPDATE: EditForm, ASSIGN: AssignForm, CANCEL: CancelForm };
export type FormAction = keyof typeof forms;
export const hasForm = (action: AgendaAction): action is FormAction => Object.hasOwn(forms, action);
