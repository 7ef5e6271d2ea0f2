import { Button, Group, Text } from '@mantine/core';
import { useId, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { FreeSlotsDocument } from '../../api/gql/graphql';
import { useViewer } from '../../session/Viewer';
import { addDays, DAY, daysBetween, momentOf, wallOf } from './days';
import { useDayWords } from './useDayWords';
import { beginAt, type When } from './when';

/** How many days ahead to look. */
const AHEAD = 14;
/** Proposals start at full quarters of an hour. */
const QUARTER = 15 * 60_000;
const MOST = 5;

const notKept = { keptAs: null };

/** The next free working times of the person that are long enough for the event. */
export function FreeSlots({ when, choose }: { when: When; choose: (when: When) => void }) {
  const { t } = useTranslation();
  const words = useDayWords();
  const { id, timeZone } = useViewer();
  const title = useId();
  const minutes = daysBetween(when.first, when.last) * DAY + when.to - when.from;
  const possible = !when.allDay && minutes >= 5 && minutes <= DAY;
  const range = useMemo(() => {
    const now = Math.ceil(Date.now() / QUARTER) * QUARTER;
    const start = Math.max(now, Date.parse(momentOf(timeZone, { day: when.first, minute: 0 })));
    const end = momentOf(timeZone, { day: addDays(wallOf(timeZone, start).day, AHEAD), minute: 0 });
    return { start: new Date(start).toISOString(), end, timeZone };
  }, [timeZone, when.first]);
  const [{ data }] = useQuery({
    query: FreeSlotsDocument,
    variables: { assigneeIds: [id], range, minutes, first: 2 * MOST },
    pause: !possible,
    context: notKept,
    requestPolicy: 'network-only',
  });
  const starts = (data?.agendaFreeSlots ?? [])
    .map(({ start, end }) => ({ start: Math.ceil(Date.parse(start) / QUARTER) * QUARTER, end: Date.parse(end) }))
    .filter(({ start, end }) => end - start >= minutes * 60_000)
    .slice(0, MOST);
  if (!possible || starts.length === 0) return null;
  return (
    <div role="group" aria-labelledby={title}>
      <Text size="sm" fw={500} id={title} mb={4}>
        {t('agenda.freeSlots')}
      </Text>
      <Group gap={6}>
        {starts.map(({ start }) => {
          const { day, minute } = wallOf(timeZone, start);
          const chosen = day === when.first && minute === when.from;
          return (
            <Button
              key={start}
              size="compact-sm"
              variant={chosen ? 'light' : 'default'}
              aria-pressed={chosen}
              onClick={() => choose(beginAt(when, day, minute))}
            >
              {words.slot(new Date(start).toISOString())}
            </Button>
          );
        })}
      </Group>
    </div>
  );
}
