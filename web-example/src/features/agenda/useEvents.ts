import { useMemo, useState } from 'react';
import { useQuery } from 'urql';
import { type AgendaEventFilter, type AgendaEventFragment, AgendaRangeDocument } from '../../api/gql/graphql';
import { useViewer } from '../session/Viewer';
import { useChanges } from '../../live/Live';
import { concernsAgenda } from './concerns';
import { addDays, momentOf } from './days';

// Without any event the answer names no type by which the cache would know that a change concerns it.
const context = { additionalTypenames: ['AgendaEvent'] };
/** Changes come in bursts: a series moves all at once. */
const CALM = 150;

/** The events of some days, as they are asked for or as an answer has told since. */
export function useEvents(days: string[], filter: AgendaEventFilter) {
  const { timeZone } = useViewer();
  const range = useMemo(() => {
    const [first = '', last = first] = [days[0], days.at(-1)];
    const midnight = (day: string) => momentOf(timeZone, { day, minute: 0 });
    return { start: midnight(first), end: midnight(addDays(last, 1)), timeZone };
  }, [days[0], days.at(-1), timeZone]);
  const [query, ask] = useQuery({ query: AgendaRangeDocument, variables: { range, filter }, context });
  const [told, setTold] = useState<Record<string, AgendaEventFragment>>({});
  const { data } = query;
  const anew = () => ask({ requestPolicy: 'network-only' });
  useChanges((item) => concernsAgenda(item, data?.agendaEvents.nodes), query, anew, CALM);
  const events = useMemo(
    () =>
      data?.agendaEvents.nodes.map((event) => {
        const later = told[event.id];
        return later && later.version > event.version ? later : event;
      }),
    [data, told],
  );
  const heard = (event: AgendaEventFragment) => setTold((known) => ({ ...known, [event.id]: event }));
  return { events, error: query.error, more: data?.agendaEvents.pageInfo.hasNextPage ?? false, heard, anew };
}
