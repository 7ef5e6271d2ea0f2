import type { About, Feature } from '../Feature';
import { AgendaScreen } from './AgendaScreen';
import { ClientAgenda } from './ClientAgenda';
import { wallOf } from './days';
import { agendaScreen, pathTo } from './path';
import { Refused } from './Refused';
import { documents } from './works';

const anEvent: About = {
  icon: 'calendar',
  link: ({ agendaEvent }, { language, timeZone }) => {
    if (!agendaEvent) return null;
    const { title, start, allDay } = agendaEvent;
    const day = { timeZone, weekday: 'short', day: 'numeric', month: 'short' } as const;
    const hours = allDay ? {} : ({ hour: 'numeric', minute: '2-digit' } as const);
    const when = new Intl.DateTimeFormat(language, { ...day, ...hours }).format(new Date(start));
    return { path: pathTo('day', wallOf(timeZone, start).day), text: `${title} · ${when}` };
  },
};

export const agenda: Feature = {
  screens: [{ path: agendaScreen, Screen: AgendaScreen, nav: { icon: 'calendar', text: 'agenda.title' } }],
  works: { documents, touches: ['AgendaEvent', 'EventLogEntry'], Refused },
  client: { Card: ClientAgenda },
  about: { AGENDA_ASSIGNED: anEvent, AGENDA_REMINDER: anEvent },
};
