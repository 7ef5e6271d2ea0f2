export const allClients = '/clients';

export const pathOf = (id: string) => `${allClients}/${encodeURIComponent(id)}`;
