/** Line drawings on a grid of 24. They only accompany words, so screen readers pass over them. */
const paths = {
  absent: 'M11 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Zm-8 9v-1a5 5 0 0 1 5-5h4m3 2 5 5m0-5-5 5',
  arrowDown: 'M6 9l6 6 6-6',
  arrowLeft: 'M19 12H5m6-6-6 6 6 6',
  arrowRight: 'M5 12h14m-6-6 6 6-6 6',
  assigned: 'M10 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Zm-7 9v-1a5 5 0 0 1 5-5h3m2.5 4 2.5 2.5 5-5',
  bell: 'M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15zm4 5h4M12 3v2',
  calendar: 'M4 6h16v14H4zM4 10h16M8 3v5m8-5v5',
  call: 'M5 4h4l1.5 5L8 11a11 11 0 0 0 5 5l2-2.5 5 1.5v4a1.5 1.5 0 0 1-1.6 1.5A16 16 0 0 1 3.5 5.6 1.5 1.5 0 0 1 5 4Z',
  card: 'M3 6h18v12H3zM3 10h18M7 15h3',
  change: 'M4 9h13l-4-4m7 10H7l4 4',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  clock: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16Zm0 4v4l3 2',
  close: 'M6 6l12 12M18 6 6 18',
  document: 'M6 3h8l4 4v14H6zM14 3v4h4M9 12h6m-6 4h6',
  doubleCheck: 'M2.5 12.5 7 17l8.5-9M11 16l1 1 9.5-9.5',
  edit: 'M4 20h4L19 9l-4-4L4 16zm9-13 4 4',
  email: 'M3 6h18v12H3zm0 1 9 6 9-6',
  external: 'M13 5h6v6m0-6-9 9M10 6H5v13h13v-5',
  flag: 'M6 21V4h12l-2.5 4L18 12H6',
  gear: 'M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6Zm0-6v3m0 12v3M3 12h3m12 0h3M5.6 5.6l2.2 2.2m8.4 8.4 2.2 2.2m0-12.8-2.2 2.2m-8.4 8.4-2.2 2.2',
  home: 'M4 11.5 12 5l8 6.5M6 10v9h4.5v-5h3v5H18v-9',
  late: 'M12 4 2.5 20h19zm0 6v4m0 3v.2',
  logout: 'M10 4H5v16h5m4-4 4-4-4-4m4 4H9',
  meeting: 'M9 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6Zm-6 9v-1a5 5 0 0 1 5-5h2a5 5 0 0 1 5 5v1m1-9a3 3 0 0 0 0-6m2 9.3a5 5 0 0 1 3 4.7v1',
  list: 'M9 6h11M9 12h11M9 18h11M4.5 6h.1M4.5 12h.1M4.5 18h.1',
  note: 'M5 4h14v11l-5 5H5zm9 16v-5h5M9 9h6m-6 4h3',
  outbox: 'M12 15V4m-4 4 4-4 4 4M5 14v5h14v-5',
  plus: 'M12 5v14M5 12h14',
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13Zm9.5 16-4.8-4.8',
  shield: 'M12 3 5 6v5c0 5 3 8 7 10 4-2 7-5 7-10V6zm-3 9 2.2 2.2L15.5 10',
  sync: 'M4 12a8 8 0 0 1 14-5l2 2m0-5v5h-5m5 3a8 8 0 0 1-14 5l-2-2m0 5v-5h5',
  whatsapp: 'M4 20l1.3-4A8 8 0 1 1 8.4 19zm5-9c0 3 2 5 5 5l1.2-1.6-2-1.2-1 .8a4 4 0 0 1-1.7-1.7l.8-1-1.2-2z',
} as const;

export type IconName = keyof typeof paths;

export const Icon = ({ name, size = 18 }: { name: IconName; size?: number }) => (
  <svg
    width={size}
    height={size}
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    strokeWidth={1.7}
    strokeLinecap="round"
    strokeLinejoin="round"
    aria-hidden
    focusable={false}
  >
    <path d={paths[name]} />
  </svg>
);
