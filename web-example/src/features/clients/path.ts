export const pathOf = (id: string) => `/clients/${encodeURIComponent(id)}`;
