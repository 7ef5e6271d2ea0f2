export const agendaScreen = '/agenda';

export const views = ['month', 'week', 'day'] as const;
export type View = (typeof views)[number];

export const pathTo = (view: View, day: string) => `${agendaScreen}?view=${view}&day=${day}`;
