import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from 'urql';
import { failureIn } from '../../api/failure';
import { ClientSearchDocument } from '../../api/gql/graphql';

const notKept = { keptAs: null };

/** Asks as one types, when the fingers rest. An answer to anything but what stands in the box now is not told. */
export function useSearch(text: string) {
  const [asked] = useDebouncedValue(text, 150);
  const [{ data, error, fetching, operation }] = useQuery({
    query: ClientSearchDocument,
    variables: { text: asked },
    pause: asked === '',
    requestPolicy: 'network-only',
    context: notKept,
  });
  const answered = text !== '' && !fetching && operation?.variables.text === text;
  return {
    waiting: text !== '' && !answered,
    hits: answered && data ? data.clientSearch : null,
    failure: answered && error ? failureIn(error) : null,
  };
}
