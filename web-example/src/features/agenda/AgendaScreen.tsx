import { Paper, Skeleton, Stack, Title, VisuallyHidden } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation, useSearchParams } from 'wouter';
import { failureIn } from '../../api/failure';
import type { AgendaEventFragment } from '../../api/gql/graphql';
import { FailureNote } from '../../app/FailureNote';
import { Note } from '../../app/Note';
import { useScreen } from '../../app/useScreen';
import { useWorks } from '../../offline/Offline';
import { UnsentDialog } from '../../offline/UnsentDialog';
import { useViewer } from '../../session/Viewer';
import { Carried } from './Carried';
import { DayList } from './DayList';
import { addDays, addMonths, daysOfMonth, isDay, spread, startOfWeek, wallOf, weekStartOf } from './days';
import { EventDialog } from './EventDialog';
import { MonthView } from './MonthView';
import { MoveOutcome } from './MoveOutcome';
import { NewEventDialog } from './NewEventDialog';
import { pathTo, type View, views } from './path';
import { ScopeDialog } from './ScopeDialog';
import { SettingsDialog } from './SettingsDialog';
import { TimeGrid } from './TimeGrid';
import { Toolbar } from './Toolbar';
import { useCarry } from './useCarry';
import { useDayWords } from './useDayWords';
import { useDrag } from './useDrag';
import { useEvents } from './useEvents';
import { useMove } from './useMove';
import { useNow } from './useNow';
import { anHour, movedTo } from './when';
import { documents } from './works';

const MORNING = 9 * 60;

/** The calendar. The view and the day are in the address, so that the browser's Back button works. */
export function AgendaScreen() {
  const { t } = useTranslation();
  const heading = useScreen(t('agenda.title'));
  const viewer = useViewer();
  const words = useDayWords();
  const [, go] = useLocation();
  const [search] = useSearchParams();
  const narrow = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false });
  const today = wallOf(viewer.timeZone, useNow()).day;
  const view = views.find((each) => each === search.get('view')) ?? (narrow ? 'day' : 'week');
  const asked = search.get('day');
  const day = isDay(asked) ? asked : today;
  const first = weekStartOf(viewer.locale);
  const days = useMemo(() => daysIn(view, day, first), [view, day, first]);

  const [whose, setWhose] = useState('all');
  const filter = useMemo(() => (whose === 'all' ? {} : { assigneeIds: [whose] }), [whose]);
  const { events, error, more, heard, refetch } = useEvents(days, filter);
  const moves = useMove(heard);
  const grab = useDrag((event, place) => event.version > 0 && moves.move(event, movedTo(event, viewer.timeZone, place)));

  const hours = view !== 'month';
  const carry = useCarry(days, hours, moves.move);

  const [opened, setOpened] = useState<string | null>(null);
  const madeOnly = useWorks(documents).some(({ key }) => key === opened);
  const [adding, setAdding] = useState<ReturnType<typeof anHour> | null>(null);
  const [settings, setSettings] = useState(false);
  const add = (on: string, minute: number | null) => setAdding({ ...anHour(on, minute ?? MORNING), allDay: false });

  const label =
    view === 'month'
      ? words.month(day)
      : view === 'day'
        ? words.title(day)
        : words.range(days[0] ?? day, days.at(-1) ?? day);
  const props = {
    days,
    day,
    today,
    add,
    grab,
    press: carry.press,
    events: carry.shown(moves.shown(events ?? [])),
    open: ({ id }: AgendaEventFragment) => setOpened(id),
  };
  return (
    <Stack gap="sm">
      <Title order={1} size="h2" {...heading}>
        {t('agenda.title')}
      </Title>
      <Toolbar
        view={view}
        label={label}
        show={(next) => go(pathTo(next, day))}
        step={(count) => go(pathTo(view, count === null ? today : stepped(view, day, count)))}
        whose={whose}
        setWhose={setWhose}
        add={() => add(day, null)}
        settings={() => setSettings(true)}
      />
      <MoveOutcome {...moves.outcome} close={moves.forget} />
      {error && <FailureNote failure={failureIn(error)} retry={refetch} />}
      {more && <Note tone="warning">{t('agenda.tooMany')}</Note>}
      {!events && !error && <Skeleton h="30rem" aria-label={t('app.loading')} />}
      {events && (
        <Paper withBorder component="section" aria-label={label}>
          <VisuallyHidden role="status">{t('agenda.count', { count: events.length })}</VisuallyHidden>
          {narrow && view !== 'day' ? (
            <DayList {...props} />
          ) : view === 'month' ? (
            <MonthView {...props} />
          ) : (
            <TimeGrid key={view} {...props} />
          )}
        </Paper>
      )}
      <Carried event={carry.carried} leave={carry.leave} letGo={carry.letGo} />
      {moves.asking && <ScopeDialog event={moves.asking} answer={moves.answer} />}
      {opened && madeOnly && <UnsentDialog close={() => setOpened(null)} />}
      {opened && !madeOnly && (
        <EventDialog id={opened} seen={events?.find(({ id }) => id === opened)} heard={heard} close={() => setOpened(null)} />
      )}
      {adding && <NewEventDialog when={adding} close={() => setAdding(null)} />}
      {settings && <SettingsDialog close={() => setSettings(false)} />}
    </Stack>
  );
}

function daysIn(view: View, day: string, firstOfWeek: number): string[] {
  if (view === 'month') return daysOfMonth(day, firstOfWeek);
  return view === 'week' ? spread(startOfWeek(day, firstOfWeek), 7) : [day];
}

function stepped(view: View, day: string, count: number): string {
  return view === 'month' ? addMonths(day, count) : addDays(day, view === 'week' ? 7 * count : count);
}
