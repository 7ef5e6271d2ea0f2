import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from 'urql';
import { failureIn } from '../../api/failure';
import { ClientSearchDocument } from '../../api/gql/graphql';

const notKept = { keptAs: null };

/** Searches as the person types, with a short delay. Answers to an earlier text are ignored. */
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
