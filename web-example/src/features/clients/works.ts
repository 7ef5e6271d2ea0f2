import { EventlogAppendDocument } from '../../api/gql/graphql';

/** What can be done without a connection. */
export const documents = { EventlogAppend: EventlogAppendDocument };
