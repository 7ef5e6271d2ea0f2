import { useCallback, useEffect, useMemo, useState } from 'react';
import { useQuery } from 'urql';
import {
  type AgendaEventFilter, type AgendaEventFragment, AgendaRangeDetailedDocument, AgendaRangeDocument, type AgendaRangeQuery,
  type AgendaRangeQueryVariables,
} from '../../api/gql/graphql';
import { useChanges } from '../../live/Live';
import { useDevice, useWorks } from '../../offline/Offline';
import { useViewer } from '../../session/Viewer';
import { concernsAgenda } from './concerns';
import { addDays, momentOf } from './days';
import { daysOf } from './place';
import { asLeft, madeHere } from './unsent';
import { documents } from './works';

// An empty answer contains no events, so the cache could not tell that a new event affects it.
const context = { additionalTypenames: ['AgendaEvent'] };
/** Milliseconds to wait for more changes: all events of a series move at once. */
const CALM = 150;

/** The events of some days: as fetched, as later answers updated them, and with the unsent changes applied. */
export function useEvents(days: string[], filter: AgendaEventFilter) {
  const viewer = useViewer();
  const { timeZone } = viewer;
  const range = useMemo(() => {
    const [first = '', last = first] = [days[0], days.at(-1)];
    const midnight = (day: string) => momentOf(timeZone, { day, minute: 0 });
    return { start: midnight(first), end: midnight(addDays(last, 1)), timeZone };
  }, [days[0], days.at(-1), timeZone]);
  // Up to a week is fetched with its available actions, so that they are known offline; a month would be too much.
  const document = days.length <= 7 ? AgendaRangeDetailedDocument : AgendaRangeDocument;
  const [query, ask] = useQuery<AgendaRangeQuery, AgendaRangeQueryVariables>({ query: document, variables: { range, filter }, context });
  const [told, setTold] = useState<Record<string, AgendaEventFragment>>({});
  const { data } = query;
  const refetch = () => ask({ requestPolicy: 'network-only' });
  useChanges((item) => concernsAgenda(item, data?.agendaEvents.nodes), query, refetch, CALM);
  const events = useMemo(
    () =>
      data?.agendaEvents.nodes.map((event) => {
        const later = told[event.id];
        return later && later.version > event.version ? later : event;
      }),
    [data, told],
  );
  const heard = useCallback((event: AgendaEventFragment) => setTold((known) => ({ ...known, [event.id]: event })), []);
  const { queue } = useDevice();
  // When an unsent change is saved, show the server's version at once.
  useEffect(
    () =>
      queue.onWritten((_, payload) => {
        if ('agendaEvent' in payload && payload.agendaEvent) heard(payload.agendaEvent as AgendaEventFragment);
      }),
    [queue, heard],
  );
  const works = useWorks(documents);
  const shown = useMemo(() => {
    const [first = '', last = first] = [days[0], days.at(-1)];
    const here = (event: AgendaEventFragment) => {
      const [from, to] = daysOf(event, viewer.timeZone);
      return from <= last && to >= first;
    };
    const mine = !filter.assigneeIds || filter.assigneeIds.includes(viewer.id);
    const made = mine ? works.flatMap((work) => madeHere(work, viewer)).filter(here) : [];
    return events && [...events.map((event) => asLeft(event, works)), ...made];
  }, [events, works, days, filter, viewer]);
  return { events: shown, error: query.error, more: data?.agendaEvents.pageInfo.hasNextPage ?? false, heard, refetch };
}
