// Days are strings such as `2026-11-21`, without a time zone; minutes count from midnight in local time.

export const DAY = 1440;

export type Wall = { day: string; minute: number };

const clocks = new Map<string, Intl.DateTimeFormat>();
const clockOf = (zone: string) => {
  const known = clocks.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  clocks.set(zone, made);
  return made;
};

/** The local day and time in a time zone. */
export function wallOf(zone: string, at: string | number): Wall {
  const parts = clockOf(zone).formatToParts(new Date(at));
  const part = (type: string) => parts.find((each) => each.type === type)?.value ?? '';
  return {
    day: `${part('year')}-${part('month')}-${part('day')}`,
    minute: Number(part('hour')) * 60 + Number(part('minute')),
  };
}

/** The instant of a local day and time. Where the clock skips that time, the instant after the jump. */
export function momentOf(zone: string, { day, minute }: Wall): string {
  const wanted = Date.parse(`${day}T00:00:00Z`) + minute * 60_000;
  const shown = (at: number) => {
    const wall = wallOf(zone, at);
    return Date.parse(`${wall.day}T00:00:00Z`) + wall.minute * 60_000;
  };
  let at = wanted - (shown(wanted) - wanted);
  at -= shown(at) - wanted;
  return new Date(at).toISOString();
}

export const addDays = (day: string, count: number) =>
  new Date(Date.parse(`${day}T00:00:00Z`) + count * 86_400_000).toISOString().slice(0, 10);

export const daysBetween = (from: string, to: string) => Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000);

export function addMonths(day: string, count: number) {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  const last = new Date(Date.UTC(year, month + count, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 1 + count, Math.min(date, last))).toISOString().slice(0, 10);
}

export const spread = (first: string, count: number) =>
  Array.from({ length: count }, (_, index) => addDays(first, index));

/** The first day of the week: 0 is Sunday. */
export function weekStartOf(locale: string): number {
  try {
    const known = new Intl.Locale(locale) as Intl.Locale & { getWeekInfo?: () => { firstDay: number } };
    return (known.getWeekInfo?.().firstDay ?? 1) % 7;
  } catch {
    return 1;
  }
}

export function startOfWeek(day: string, first: number) {
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
  return addDays(day, -((weekday - first + 7) % 7));
}

/** All days of the weeks that contain a day of the month. */
export function daysOfMonth(day: string, first: number): string[] {
  const begin = startOfWeek(`${day.slice(0, 7)}-01`, first);
  const end = addDays(addMonths(`${day.slice(0, 7)}-01`, 1), -1);
  return spread(begin, Math.ceil((daysBetween(begin, end) + 1) / 7) * 7);
}

export const toClock = (minute: number) =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

export const fromClock = (text: string) => {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  return hours * 60 + minutes;
};

export const isDay = (text: string | null): text is string =>
  /^\d{4}-\d\d-\d\d$/.test(text ?? '') && !Number.isNaN(Date.parse(text ?? ''));
