import type { Feature } from '../Feature';
import { ClientSign, ClientTrouble } from './ClientSync';
import { syncScreen } from './path';
import { SyncScreen } from './SyncScreen';

export const sync: Feature = {
  screens: [{ path: syncScreen, Screen: SyncScreen, roles: ['ADMIN'], nav: { icon: 'sync', text: 'sync.title' } }],
  client: { Sign: ClientSign, Notice: ClientTrouble },
  about: { SYNC_FAILED: { icon: 'sync', link: (_, { t }) => ({ path: syncScreen, text: t('sync.see') }) } },
};
