import { ClientNameDocument } from '../../api/gql/graphql';
import type { Feature } from '../Feature';
import { ClientField } from './ClientField';
import { ClientScreen } from './ClientScreen';
import { ClientsScreen } from './ClientsScreen';
import { allClients, pathOf } from './path';
import { documents } from './works';

export const clients: Feature = {
  screens: [
    { path: allClients, Screen: ClientsScreen, nav: { icon: 'list', text: 'clients.title' } },
    { path: `${allClients}/:id`, Screen: ClientScreen },
  ],
  works: { documents, touches: ['EventLogEntry'] },
  things: { client: { pathOf, all: allClients, name: ClientNameDocument, Field: ClientField } },
  about: { CLIENT_ASSIGNED: { icon: 'assigned' }, COLLEAGUE_WROTE: { icon: 'note' } },
  synced: ['ClientUpdated', 'EventlogNew'],
};
