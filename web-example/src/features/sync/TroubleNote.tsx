import { FailureNote } from '../../app/FailureNote';
import { Note } from '../../app/Note';
import type { Trouble } from './useActions';

export const TroubleNote = ({ trouble }: { trouble: Trouble }) =>
  'failure' in trouble ? <FailureNote failure={trouble.failure} /> : <Note tone="error">{trouble.refusal}</Note>;
