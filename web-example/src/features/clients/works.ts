import { EventlogAppendDocument } from '../../api/gql/graphql';

/** The mutations that can be made offline. */
export const documents = { EventlogAppend: EventlogAppendDocument };
